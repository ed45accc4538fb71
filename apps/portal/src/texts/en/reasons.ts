/**
 * Why a section was not given, and what to do next, under the codes of policy/reasons.ts. `detail` and `second` are what the
 * words name: a section, a moment, a limit; `count` is the detail as a number.
 */
export const reasons = {
  'reason.unknown_section': 'There is no such section.',
  'reason.unknown_section.remedy': 'Search the catalogue, and add the section from there.',
  'reason.duplicate': 'The section stood twice in this submission.',
  'reason.duplicate.remedy': 'There is nothing to do: the first of the two was dealt with.',
  'reason.already_enrolled': 'You are already enrolled in this section.',
  'reason.already_enrolled.remedy': 'There is nothing to do: it is on your schedule.',
  'reason.other_section': 'You are enrolled in another section of this course, {detail}.',
  'reason.other_section.remedy':
    'Swap the two on the page of this section: you keep the other one until this one is yours.',
  'reason.other_chosen': 'Another section of this course, {detail}, stands before it in the same form.',
  'reason.other_chosen.remedy': 'Take one of the two out, or make this one the fallback for the other.',
  'reason.full':
    '{count, plural, =0 {The section is full.} one {Its only seat is taken.} other {All # seats are taken.}}',
  'reason.full_waiting':
    '{count, plural, =0 {All seats are} one {Its only seat is} other {All # seats are}} taken, or {count, plural, one {goes} other {go}} to those who wait ({second}).',
  'reason.full.remedy': 'Put yourself on its waiting list, or choose another section.',
  'reason.already_waiting': 'You are on the waiting list of this section already.',
  'reason.already_waiting.remedy': 'There is nothing to do: your place is kept, and your schedule shows it.',
  'reason.not_needed': 'It was your fallback for {detail}, and you have that one.',
  'reason.not_needed.remedy': 'It stays in your cart until you remove it.',
  'reason.all_or_nothing': 'You asked for all or nothing, and not all could be had.',
  'reason.all_or_nothing.remedy':
    'Change the sections that could not be had, or ask for as many as possible.',
  'reason.swap_refused': 'It was to take the place of {detail}, which cannot be dropped.',
  'reason.swap_refused.remedy': 'Nothing was changed: you keep what you had.',
  'reason.overlaps': 'It meets at the same time as {detail}.',
  'reason.overlaps.remedy':
    'Choose a section at another time. A swap takes it in the place of one that you hold, which you keep until then.',
  'reason.cancelled': 'The section has been cancelled.',
  'reason.cancelled.remedy': 'Choose another section of the course.',
  'reason.window_before': 'Registration for this term opens on {detail}.',
  'reason.window_before.remedy': 'Keep the section in your cart, and come back then.',
  'reason.window_yours': 'Your own registration opens on {detail}.',
  'reason.window_yours.remedy':
    'Keep the section in your cart, and come back then. Others begin earlier or later than you.',
  'reason.window_closed': 'Registration for this term closed on {detail}.',
  'reason.window_closed.remedy': 'Ask the registrar’s office if you need a late change.',
  'reason.add_closed': 'The last moment to add a section was {detail}.',
  'reason.add_closed.remedy': 'Ask the registrar’s office for a permission if you need a late change.',
  'reason.drop_closed': 'The last moment to leave a section was {detail}.',
  'reason.drop_closed.remedy': 'Ask the registrar’s office if something has kept you from it.',
  'reason.drop_late':
    'The last moment to drop without a trace was {detail}. Until {second} you can withdraw.',
  'reason.drop_late.remedy':
    'Withdraw on your schedule: a W stays on your transcript, and counts for nothing else.',
  'reason.see_cart': 'See your cart',
  'reason.see_list': 'Go to its waiting list',
  'reason.see_swap': 'Take it in place of the other',
  'reason.hold': 'A hold keeps you from registering: {detail}.',
  'reason.hold.remedy': 'Ask {second}. You can register as soon as it is released.',
  'reason.hold.office': 'the registrar’s office',
  'reason.requirement': 'You still need {detail}. Your record has {second}.',
  'reason.requirement.none': 'You still need {detail}. Your record has none of it.',
  'reason.requirement.remedy':
    'Take that first. If you have it from elsewhere, ask the registrar’s office for a permission.',
  'reason.requirement_text': 'The bulletin says: “{detail}” Nobody checks this for you.',
  'reason.requirement_text.remedy': 'See for yourself that you meet it, or ask the instructor.',
  'reason.repeat_passed': 'You have completed this course with {detail}, and it cannot be taken again.',
  'reason.repeat_passed.remedy': 'Choose another course. The registrar’s office can permit a repeat.',
  'reason.repeat_attempts':
    'You have taken this course {count, plural, one {once} other {# times}} already, with what is under way.',
  'reason.repeat_attempts.remedy': 'Ask the registrar’s office for a permission to take it once more.',
  'reason.credit_limit': 'With it you would have {detail} credits, and {second} is your limit this term.',
  'reason.credit_limit.remedy':
    'Leave another section out, or ask the registrar’s office for a higher limit.',
  'reason.linked': 'It is taken together with {detail}: {second}.',
  'reason.linked.remedy': 'Add one of them, and register for both in one form.',
  'reason.linked_left': 'You would be left with {detail}, which is taken together with it.',
  'reason.linked_left.remedy':
    'It cannot be dropped any more. Ask the registrar’s office if you need a late change.',
  'reason.linked_waits': 'You have {detail} together with this place alone.',
  'reason.linked_waits.remedy': 'Drop {detail} first, or take or wait for another section that goes with it.',
  'reason.half_waits': 'It is taken together with {detail}, of which there is no seat for you yet.',
  'reason.half_waits.remedy':
    'There is nothing to do: both are yours in the same moment, as soon as both have a seat for you.',
  'reason.half_cancelled':
    'You waited for it together with {detail}, which is cancelled, so you have left this list too.',
  'reason.half_cancelled.remedy':
    'Choose another section that goes with it, and wait for both. What you kept meanwhile is still yours.',
  'reason.linked_place':
    'It is taken together with {detail}, for which you only wait: you would give up both parts of what you have for one.',
  'reason.linked_place.remedy':
    'Swap again, and choose to wait where it is full: you keep your place and what you have until both are yours. If you wait for several that go with it, leave the other lists first.',
  'reason.along_more': 'Since the page was made, {detail} has come to go with it.',
  'reason.along_more.remedy':
    'Nothing was changed. Your schedule says now what would go with it; drop it there.',
  'reason.along_less': 'What the page said to go with it does not go with it any more.',
  'reason.along_less.remedy': 'Nothing was changed. Drop it on your schedule as that is now.',
  'reason.reserved':
    '{count, plural, one {The one seat left is kept} other {The # seats left are kept}} for {second}.',
  'reason.reserved.remedy': 'Put yourself on the waiting list, or choose another section.',
  'reason.by_permission':
    'The seat is given by a permission of the registrar’s office, although none is free for others.',
  'reason.by_permission.remedy': 'It is a seat like any other.',
  'reason.withdrawn': 'You have withdrawn from this section.',
  'reason.withdrawn.remedy': 'Ask the registrar’s office if that was a mistake.',
  'reason.student_inactive': 'Your student record is not active.',
  'reason.student_inactive.remedy': 'Ask the registrar’s office what is missing.',
  'reason.graded': 'The section has been graded.',
  'reason.graded.remedy': 'Ask the registrar’s office if the grade is wrong.',

  /** what a course asks for, in words */
  'requirement.course_grade': '{grade} or higher in {course}',
  'requirement.together': '{course} (before or at the same time)',
  'requirement.sophomore': 'sophomore standing',
  'requirement.junior': 'junior standing',
  'requirement.senior': 'senior standing',
  'requirement.graduate': 'graduate standing',
  'requirement.permission_instructor': 'permission of the instructor',
  'requirement.permission_department': 'permission of the department',
  'requirement.permission_adviser': 'permission of the adviser',
  'requirement.equivalent': 'an equivalent',
  'requirement.and': '{first} and {second}',
  'requirement.or': '{first} or {second}',
  'requirement.group': '({parts})',
  'requirement.taking': 'being taken',
  'requirement.and_more': '{sections} and {count, plural, other {# more}}',
} as const
