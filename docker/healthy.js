// Health check of both images: ends with 0 when the address answers with a status of success. Node has fetch; the slim
// images have no curl.
const answer = await fetch(process.argv[2], { signal: AbortSignal.timeout(4_000) }).catch(() => undefined)
process.exit(answer?.ok === true ? 0 : 1)
