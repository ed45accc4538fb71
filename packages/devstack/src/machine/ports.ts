import { createServer } from 'node:net'

/** True when nobody listens on the port of 127.0.0.1 (nor holds it otherwise). */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/**
 * A free port below the range from which systems take ports for outgoing connections (32768… on Linux): there,
 * a server that is down for a moment could find its port taken by any client of the machine.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    if (await portIsFree(port)) return port
  }
  throw new Error('No free port between 15000 and 32000 on 127.0.0.1.')
}

/** The given port or the first free one after it. */
export async function firstFreePort(from: number): Promise<number> {
  for (let port = from; port < from + 1000 && port < 65_536; port += 1) {
    if (await portIsFree(port)) return port
  }
  return freePort()
}
