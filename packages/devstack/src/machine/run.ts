import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly input?: string
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly gid?: number
  /** sees each line of standard output as it comes */
  readonly onLine?: (line: string) => void
}

export interface RunResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. A program that cannot be started has the status 127, as in a shell. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const { input, onLine, ...spawnOptions } = options
    const child = spawn(command, args, { ...spawnOptions, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    let tail = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (onLine === undefined) return
      const lines = (tail + text).split(/[\r\n]+/)
      tail = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    // the program may end without reading its input; that shows in its status
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
    child.on('error', (error) => resolve({ status: 127, stdout, stderr: stderr + error.message }))
    child.on('close', (code) => resolve({ status: code ?? 1, stdout, stderr }))
  })
}

/** Like run(), but anything but success throws, with the end of what the program said. */
export async function runOrThrow(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await run(command, args, options)
  if (result.status !== 0) {
    const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n')
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} … ended with status ${result.status}:\n${said}`)
  }
  return result
}
