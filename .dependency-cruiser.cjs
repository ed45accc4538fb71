// Imports run one way. A rule here is the enforcement of a sentence in CONTRIBUTING.md.
const mirror = '^packages/mirror/src/'
const layers = ['source', 'detect', 'diff', 'apply', 'record', 'prove']
const testFiles = '\\.test\\.tsx?$'

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...layers
      .filter((layer) => layer !== 'prove')
      .map((layer) => ({
        name: `mirror-siblings-${layer}`,
        comment: 'the steps of a cycle do not import each other; the engine joins them',
        severity: 'error',
        from: { path: `${mirror}${layer}/`, pathNot: testFiles },
        to: { path: `${mirror}(${layers.filter((other) => other !== layer).join('|')}|engine|cli|service)/` },
      })),
    {
      name: 'mirror-prove-upward',
      severity: 'error',
      from: { path: `${mirror}prove/`, pathNot: testFiles },
      to: { path: `${mirror}(engine|cli|service)/` },
    },
    {
      name: 'mirror-engine-upward',
      severity: 'error',
      from: { path: `${mirror}engine/`, pathNot: testFiles },
      to: { path: `${mirror}(cli|service)/` },
    },
    {
      name: 'mirror-pure',
      comment: 'detect, diff and codec import no driver',
      severity: 'error',
      from: { path: `${mirror}(detect|diff|codec)/`, pathNot: testFiles },
      to: { path: '(^|/)node_modules/(mysql2|pg|pg-copy-streams)(/|$)' },
    },
    {
      name: 'codec-is-a-leaf',
      severity: 'error',
      from: { path: `${mirror}codec/`, pathNot: testFiles },
      to: { path: `${mirror}(${layers.join('|')}|engine|cli|service)/` },
    },
    {
      name: 'portal-pure',
      comment: 'policy and views never touch the database',
      severity: 'error',
      from: { path: '^apps/portal/src/(policy|views)/', pathNot: testFiles },
      to: {
        path: '^apps/portal/src/(db|registrar|account|intake|http|cli)/|(^|/)node_modules/(mysql2|pg|kysely)(/|$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'portal-and-mirror-apart',
      comment: 'each product is useful without the other',
      severity: 'error',
      from: { path: '^apps/portal/' },
      to: { path: '^packages/(mirror|devstack)/' },
    },
    {
      name: 'mirror-stands-alone',
      severity: 'error',
      from: { path: '^packages/mirror/', pathNot: testFiles },
      to: { path: '^(apps/portal|packages/devstack)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.matricula)/' },
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js'],
    },
  },
}
