/** The register of failures that leave the house: code → status, title, one sentence that says what to do. */
export const FAILURES = {
  malformed_json: [
    400,
    'The body is not JSON',
    'Send valid UTF-8 JSON with Content-Type: application/json, at most 32 levels deep.',
  ],
  body_too_large: [
    413,
    'The body is too large',
    'Send at most 256 KB; larger lists go through /v1/dispatches/batch in pieces.',
  ],
  unsupported_media_type: [415, 'The content type is not understood', 'Send Content-Type: application/json.'],
  invalid_request: [422, 'Some fields are not valid', 'Correct the fields named in errors; nothing was stored.'],
  contact_missing: [422, 'No channel can be used', 'Add contact.phone or contact.email, or list in_app in channels.'],
  template_unknown: [422, 'There is no such template', 'Use one of the names that GET /v1/templates lists.'],
  variable_missing: [422, 'The template needs a variable that is not there', 'Add the variables named in errors.'],
  link_not_yours: [
    422,
    'The link cannot be carried',
    'Bring a living, unopened link of this referenceId on one of the hosts in M2M_LINK_HOSTS.',
  ],
  dispatch_active: [
    409,
    'A dispatch for this recipient is still running',
    'Cancel it, wait for it, or send ifActive: supersede or join.',
  ],
  dispatch_over: [409, 'The dispatch has already ended', 'Create a new dispatch, or use /resend.'],
  campaign_state: [
    409,
    'The campaign is not in a state that allows this',
    'Look at campaignStatus; a draft can be changed and started, a running campaign paused, resumed and cancelled.',
  ],
  campaign_empty: [
    409,
    'The campaign has no audience',
    'Upload one, or take a list of an earlier campaign, then start.',
  ],
  campaign_late: [
    409,
    'The campaign cannot end in time',
    'Move validUntil, raise perHour, or start without refuseLate.',
  ],
  audience_unreadable: [
    422,
    'The file cannot be read as an audience',
    'Do what errors says and send the file again; nothing was stored.',
  ],
  audience_closed: [
    409,
    'The campaign is over and takes nobody any more',
    'Make a new campaign and upload the people there.',
  ],
  no_link: [
    404,
    'There is no living link for this recipient',
    'Create a dispatch that lists in_app, or wait until its link is made.',
  ],
  idempotency_key_reused: [
    422,
    'The Idempotency-Key was used with another body',
    'Use a new key for a new request; the same key always gets the first answer.',
  ],
  idempotency_in_flight: [
    409,
    'A request with this Idempotency-Key is still being answered',
    'Repeat the request in a few seconds.',
  ],
  idempotency_key_invalid: [400, 'The Idempotency-Key is not valid', 'Send 1 to 255 visible ASCII characters.'],
  unauthorized: [401, 'The API key is missing or unknown', 'Send Authorization: Bearer <api key>.'],
  forbidden: [403, 'The API key may not do this', 'Use a key that has the scope named in scope.'],
  not_found: [404, 'There is nothing here', 'Check the path and the id.'],
  method_not_allowed: [405, 'This method is not offered here', 'See Allow for the methods that are.'],
  invalid_cursor: [
    400,
    'The cursor is not one of ours',
    'Pass on nextCursor unchanged, or leave cursor out to begin again.',
  ],
  partner_unavailable: [503, 'The partner cannot be asked right now', 'Repeat the request after Retry-After seconds.'],
  bad_signature: [
    401,
    'The signature does not fit the body',
    'Sign the raw bytes with a secret this service was given for you, such as one of M2M_WEBHOOK_SECRETS.',
  ],
  unavailable: [
    503,
    'The service cannot answer right now',
    'Repeat the request after Retry-After seconds; nothing was stored.',
  ],
  internal: [500, 'Something went wrong on our side', 'Repeat the request; quote requestId if it stays.'],
} as const satisfies Record<string, readonly [status: number, title: string, remedy: string]>

export type FailureCode = keyof typeof FAILURES

export interface Failure {
  code: FailureCode
  /** Paths in the request, with what is wrong there; never a value. */
  errors: { path: string; message: string }[]
  detail: Record<string, string>
}

export const failure = (
  code: FailureCode,
  errors: Failure['errors'] = [],
  detail: Record<string, string> = {},
): Failure => ({ code, errors, detail })
