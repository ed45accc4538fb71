/** The sections with which one is one choice, such as a lecture and its laboratories. */
import { Badge, Button, Cell, LinkButton, Row, Table } from '@matricula/ui'
import type { LinkedSection } from '../catalogue/office-sections.ts'
import type { SectionRow } from '../catalogue/types.ts'
import type { PageContext } from './context.ts'
import { Meetings } from './meetings.tsx'
import { FormField, type FormState, Key } from './office-form.tsx'
import { headingOf, sectionTaskPage } from './office-parts.tsx'
import { componentWords, label } from './words.ts'

/** Names of a link; of the others it says how many they are. */
export const promisedShown = 50

interface LinksView {
  readonly section: SectionRow
  readonly links: readonly LinkedSection[]
  readonly form: FormState
}

const columns = ({ t }: PageContext) => [
  { head: t('column.section') },
  { head: t('column.times') },
  { head: '', hidden: t('links.away_column') },
]

/** 'A student who takes it takes one of the laboratories and one of the discussions.' */
const rule = (links: readonly LinkedSection[], ctx: PageContext): string => {
  const kinds = [...new Set(links.map(({ section }) => section.component))]
  return ctx.t('links.rule', { kinds: ctx.format.list(kinds.map((kind) => ctx.t(`links.one_${kind}`))) })
}

/** Whom the end of the link would concern. */
const Promised = ({ promised, ctx }: { promised: LinkedSection['promised']; ctx: PageContext }) =>
  promised.length === 0 ? null : (
    <details class="disclosure mt-2">
      <summary>{ctx.t('links.promised', { count: promised.length })}</summary>
      <p class="mt-2 text-sm">{ctx.t('links.promised_words')}</p>
      <ul class="list-disc pl-5 text-sm">
        {promised.slice(0, promisedShown).map(({ number, name }) => (
          <li key={number}>
            <a href={`/registrar/students/${number}`}>
              {name} <span class="figures">{number}</span>
            </a>
          </li>
        ))}
        {promised.length > promisedShown && (
          <li>{ctx.t('change.more', { count: promised.length - promisedShown })}</li>
        )}
      </ul>
    </details>
  )

export const linksPage = (ctx: PageContext, { section, links, form }: LinksView): string => {
  const action = `/registrar/sections/${section.id}/links`
  const { t } = ctx
  const alone = Math.max(0, ...links.map((link) => link.alone))
  return sectionTaskPage(ctx, {
    section,
    form,
    title: t('links.title', { section: label(section) }),
    heading: t('links.heading', headingOf(section)),
    about: (
      <>
        {t('links.about', { component: componentWords(section.component, ctx), term: section.term.name })}{' '}
        <a href={`/registrar/sections/${section.id}`}>{t('office.back_to_seats')}</a>
      </>
    ),
    children: (
      <>
        {links.length === 0 ? (
          <p>{t('links.alone')}</p>
        ) : (
          <>
            <p>{rule(links, ctx)}</p>
            {alone > 0 && <p>{t('links.without', { count: alone })}</p>}
            <div class="card">
              <Table caption={t('links.caption', { section: label(section) })} columns={columns(ctx)}>
                {links.map(({ section: partner, promised }) => (
                  <Row key={partner.id}>
                    <Cell>
                      <a
                        class="figures font-medium whitespace-nowrap"
                        href={`/registrar/sections/${partner.id}`}
                      >
                        {label(partner)}
                      </a>{' '}
                      {partner.status === 'cancelled' && <Badge tone="stop">{t('words.cancelled')}</Badge>}
                      <span class="text-soft block text-sm">
                        {t('links.partner', {
                          component: componentWords(partner.component, ctx),
                          crn: partner.crn,
                        })}
                      </span>
                    </Cell>
                    <Cell>
                      <Meetings section={partner} ctx={ctx} />
                      <Promised promised={promised} ctx={ctx} />
                    </Cell>
                    <Cell>
                      <form method="post" action={`${action}/remove`} class="whitespace-nowrap">
                        <Key form={form} of={`link-${partner.id}`} />
                        <Button
                          small
                          name="partner"
                          value={String(partner.id)}
                          label={t('links.take_away_named', { section: label(partner) })}
                        >
                          {t('links.take_away')}
                        </Button>
                      </form>
                    </Cell>
                  </Row>
                ))}
              </Table>
            </div>
          </>
        )}
        <form method="post" action={action} class="card grid gap-4 p-5" novalidate>
          <Key form={form} of="link" />
          <h2>{t('links.add')}</h2>
          <FormField
            form={form}
            name="crns"
            label={t('links.crns')}
            hint={t('links.crns_hint')}
            maxlength={200}
          />
          <div class="flex flex-wrap gap-3">
            <Button kind="primary">{t('links.button')}</Button>
            <LinkButton href={`/registrar/sections/${section.id}`}>{t('office.back_to_seats')}</LinkButton>
          </div>
        </form>
      </>
    ),
  })
}
