import { PortalError, type PortalErrorCode } from '../errors.ts'

/**
 * The value, or the refusal that the form itself can show. Every other failure is thrown on, to its own page: what the
 * server could not do (status 500 and above) is no fault of the form, unless `also` names it.
 */
export const expected = async <T>(
  work: Promise<T>,
  also: readonly PortalErrorCode[] = [],
): Promise<T | PortalError> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof PortalError && (error.status < 500 || also.includes(error.code))) return error
    throw error
  }
}
