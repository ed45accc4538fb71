/** What can go wrong: what happened, why, and what to do next. The codes are those of errors.ts and http/problems.ts. */
export const errors = {
  'error.sign_in_refused': 'Number and password do not match.',
  'error.sign_in_refused.remedy':
    'Check both and try again. If this is your first visit, activate your account with the code you were given.',

  'error.code_refused': 'Number and code do not match, or the code is used or expired.',
  'error.code_refused.remedy': 'Check both and try again, or ask the registrar’s office for a new code.',

  'error.too_many_attempts':
    'There were too many failed attempts, so this number or this place has to wait a little.',
  'error.too_many_attempts.remedy': 'Wait a little and try again.',

  'error.current_refused': 'The current password is not right. Nothing was changed.',
  'error.current_refused.remedy':
    'Type it again. Forgotten? The registrar’s office gives you a one-time code with which you set a new one.',
  'error.password_unfit': 'This password cannot be used.',
  'error.password_unfit.remedy': 'Choose another one. Three or four words in a row are easy to remember.',

  'error.busy': 'Very many people are signing in at this moment.',
  'error.busy.remedy': 'Wait a few seconds and try again. Nothing was lost.',

  'error.sign_in_needed': 'This page is for students who have signed in.',
  'error.sign_in_needed.remedy': 'Sign in and try again.',

  'error.students_only': 'This page is for students.',
  'error.students_only.remedy': 'Sign in with a student number.',

  'error.not_found': 'What this address names is not there, or not any more.',
  'error.not_found.remedy': 'Check the address, or start from the catalogue.',

  'error.number_taken': 'The number is somebody’s already.',
  'error.number_taken.remedy': 'Choose another number, or give that person a new code: portal code NUMBER',

  'error.foreign_database': 'The database belongs to another program.',
  'error.foreign_database.remedy': 'Create an empty database for the portal, and name that one.',

  'error.nothing_chosen': 'No section was chosen.',
  'error.nothing_chosen.remedy': 'Tick at least one section, then send the form again.',

  'error.too_many_sections': 'Too many sections were chosen at once.',
  'error.too_many_sections.remedy':
    'Choose at most 20 sections in one submission. The others can follow in a second one.',

  'error.request_malformed': 'The form did not arrive complete, so nothing was done.',
  'error.request_malformed.remedy': 'Open the page again, fill it in and send it once more.',

  'error.request_reused': 'This form was already sent, with another choice in it.',
  'error.request_reused.remedy': 'Open the cart again: it shows what was done and what is left.',

  'error.request_reused.staff': 'Open the page again: it shows what was done and what is left.',

  'error.preview_moved':
    'Something has changed since you were shown what it would do: the section itself, who holds a seat or waits, or what else is at that time. Nothing was done.',
  'error.preview_moved.remedy': 'Read again what it would do now, and confirm it if it is still meant.',

  'error.term_moved': 'Somebody else changed this term at the same moment. Nothing was done.',
  'error.term_moved.remedy':
    'Open the term again, look at what it is now, and send the form again if it is still meant.',

  'error.contention':
    'The registration could not be finished, as too many changes met at once. Nothing was changed.',
  'error.contention.remedy': 'Send the form again.',

  // not "nothing was changed": a COMMIT may have been under way
  'error.database_away': 'The registration system cannot be reached at the moment.',
  'error.database_away.remedy': 'Try again in a minute. A form that is sent again does nothing twice.',

  'error.too_many_attempts.wait':
    'Wait {seconds, plural, one {# second} other {# seconds}} and try again. If you have forgotten your password, ask the registrar’s office for a new code.',
  'error.busy.system': 'Very many people are using the registration system at this moment.',
  'error.busy.registering': 'Very many people are registering at this moment. Nothing was changed.',
  'error.busy.send_again': 'Wait a few seconds and send the form again.',
  'error.sign_in_needed.staff': 'This page is for members of staff who have signed in.',
  'error.sign_in_needed.instructor': 'This page is for instructors who have signed in.',
  'error.no_term': 'There is no such term.',
  'error.no_section': 'There is no such section.',
  'error.no_receipt': 'You have no such receipt.',
  'error.no_receipt_at_all': 'There is no such receipt.',
  'error.no_student': 'There is no such student.',
  'error.no_staff': 'There is no such member of staff.',
  'error.no_enrolment': 'There is no such enrolment on your schedule.',
  'error.no_enrolment.remedy': 'Open your schedule: it shows what you are enrolled in now.',
  'error.no_place': 'You have no such place on a waiting list.',
  'error.no_place.remedy':
    'Open your schedule: it shows the lists you are on. A seat may have arrived in the meantime.',
  'error.cart_full': 'A cart holds at most {most, number} sections.',
  'error.cart_full.remedy': 'Remove some sections from the cart first.',
  'error.request_key': 'The form’s own key is not one of ours: 8 to 64 letters, digits, - or _.',

  'http.bad_request': 'What was sent could not be understood, so nothing was done.',
  'http.bad_request.remedy': 'Go back, open the page again and send the form once more.',

  'http.bad_address': 'This address cannot be read.',
  'http.bad_address.remedy': 'Check the address, or start from the catalogue.',

  'http.address_long': 'This address, or what the browser sent with it, is longer than any of the portal.',
  'http.address_long.remedy': 'Shorten the address, or start from the catalogue.',

  'http.forged_form': 'This form was not sent from a page of the portal, so nothing was done.',
  'http.forged_form.remedy': 'Open the portal in this browser yourself, and send the form from there.',

  'http.students_only': 'Only students have a cart, a schedule and receipts.',
  'http.students_only.remedy': 'Sign in with a student number, or go on in the catalogue.',

  'http.staff_only': 'This page is for the registrar’s office.',
  'http.staff_only.remedy': 'Sign in with a staff number, or go on in the catalogue.',

  'http.instructors_only': 'This page is for instructors.',
  'http.instructors_only.remedy': 'Sign in with an instructor’s number, or go on in the catalogue.',

  'http.not_your_section': 'You do not teach this section, so its roster is not shown to you.',
  'http.not_your_section.remedy':
    'Open “Teaching”, which lists yours. Ask the registrar’s office if one is missing.',

  'http.no_such_page': 'There is no page at this address.',
  'http.no_such_page.remedy': 'Check the address, or start from the catalogue.',

  'http.too_large': 'What was sent is far larger than any form of the portal. It was not read.',
  'http.too_large.remedy': 'Go back, shorten what was typed and send the form again.',

  'http.unsupported_type': 'The portal reads forms and JSON only.',
  'http.unsupported_type.remedy': 'Send application/x-www-form-urlencoded or application/json.',

  'http.slow_down': 'Too many requests came from you within a minute.',
  'http.slow_down.remedy': 'Wait a little and try again. Nothing was lost.',

  'http.overloaded': 'Very many people use the portal at this moment.',
  'http.overloaded.remedy': 'Wait a few seconds and try again. Nothing was changed.',

  'http.broken': 'Something went wrong on our side.',
  'http.broken.remedy': 'Try again. If it stays, tell the registrar’s office the request number below.',
} as const
