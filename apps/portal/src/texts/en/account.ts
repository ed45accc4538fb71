/** Signing in, the first password, and one's own account. */
export const account = {
  'sign_in.title': 'Sign in',
  'sign_in.go_on': 'Sign in to go on. Nothing was changed yet.',
  'sign_in.out': 'You are signed out on all devices.',
  'sign_in.lost_password': 'You were signed out before the new password came',
  'sign_in.lost_password_words':
    'This form did not set it. If you sent it twice, the first one may have: try the new password, then the old one. Your account says when it was last changed.',
  'sign_in.number': 'Student number or staff number',
  'sign_in.password': 'Password',
  'sign_in.button': 'Sign in',
  'sign_in.first': 'First time here, or password forgotten?',
  'sign_in.first_words':
    '<link>Set a password with your one-time code</link>. The registrar’s office gives you the code, and a new one whenever you need it.',
  'sign_in.look': 'You can <link>look at the catalogue</link> without signing in.',
  'sign_in.number_missing': 'Enter your number.',
  'sign_in.number_long': 'A number has at most 64 characters. Enter yours as it stands on your card.',
  'sign_in.password_missing': 'Enter your password.',
  'sign_in.password_long': 'A password has at most 1024 characters.',

  'sign_in.json': 'Send number and password.',

  'activate.title': 'Set your password',
  'activate.words':
    'For your first visit, or when you have forgotten your password. You need the one-time code from the registrar’s office.',
  'activate.code': 'One-time code',
  'activate.code_hint': 'As it is written in your letter; small letters and missing hyphens do not matter.',
  'activate.password': 'New password',
  'activate.password_hint':
    'At least 8 characters. A few words in a row are easy to remember and hard to guess.',
  'activate.button': 'Set password and sign in',
  'activate.known': 'Know your password? <link>Sign in</link>.',
  'activate.code_missing': 'Enter the one-time code.',
  'activate.code_long':
    'A one-time code has at most 64 characters. Enter it as it is written in your letter.',
  'activate.password_missing': 'Choose a password.',

  'activate.json': 'Send number, code and password.',

  'password.short': 'The password is too short: use at least {least, number} characters.',
  'password.long': 'The password is too long: use at most {most, number} characters.',
  'password.number': 'The password contains your number: choose another one.',
  'password.common': 'The password is one of those that are tried first: choose a rarer one.',

  'password.same': 'The new password is the same as the current one: choose another one.',
  'password.current_missing': 'Enter your current password.',
  'password.again_missing': 'Enter the new password a second time.',
  'password.not_the_same': 'The two new passwords are not the same: type both again.',

  'account.title': 'Your account',
  'account.password': 'Change your password',
  'account.password_words':
    'You stay signed in here. On all other devices you are signed out, and sign in with the new password.',
  'account.current': 'Current password',
  'account.again': 'New password, again',
  'account.change': 'Change password',
  'account.changed': 'Your password is changed. All other devices are signed out.',
  'account.password_json': 'Send current, password and again.',
  'account.sign_ins': 'Last sign-ins',
  'account.sign_ins_words':
    'Something here that was not you? Change your password: that ends all other sessions. If it is not your password any more, ask the registrar’s office for a new one-time code.',
  'account.sign_ins_caption': 'Last sign-ins and refused attempts, newest first',
  'account.browser': 'Browser',
  'account.browser_on': '{browser} on {system}',
  'account.some_browser': 'A browser',
  'account.from': 'From',
  'account.unknown': 'Unknown',
  'account.first_time': '(first time here)',
  'account.outcome_signed_in': 'Signed in',
  'account.outcome_activated': 'Password set with a code',
  'account.outcome_password_changed': 'Password changed',
  'account.outcome_password_refused': 'Refused: wrong password',
  'account.outcome_code_refused': 'Refused: wrong code',
  'account.outcome_ended_everywhere': 'Signed out everywhere',
  'account.out': 'Sign out everywhere',
  'account.out_words':
    'Ends your sessions on all devices, this one included: after using a computer that is not yours, or when a device is lost. Your registrations stay as they are.',
} as const
