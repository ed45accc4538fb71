/** In one submission, and in a cart. A full week is five or six; the limit bounds what one transaction can lock. */
export const mostSections = 20
