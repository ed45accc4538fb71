/** One rule for e-mail addresses, however they come in: that of browsers' own fields (HTML, 4.10.5.1.5). */
import { z } from 'zod'

/** As many characters as the columns hold. 'a@x.y' and 'a@localhost' are addresses; letters outside ASCII are none. */
export const emailAddress = z
  .email({ pattern: z.regexes.html5Email, error: 'is not an e-mail address such as name@example.edu' })
  .max(160, 'is longer than 160 characters')
