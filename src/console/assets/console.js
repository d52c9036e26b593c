import { morph } from './morph.js'
import { relative } from './relative.js'

const { body } = document
const live = document.querySelector('#live')
const dot = document.querySelector('.live-dot')
const toast = document.querySelector('.toast')

/** How far this machine's clock is from the service's. */
let ahead = Date.now() - Date.parse(body.dataset.now)

tick()
setInterval(tick, 1000)
if (live && (body.dataset.follow || body.dataset.followForm)) follow()
void comeBack()
if (document.querySelector('[data-upload]')) void import('./upload.js').then(({ takeFiles }) => takeFiles(refresh))
document.addEventListener('click', copy)
document.addEventListener('submit', once)

/** Times stay true while nothing else happens; their titles are in the reader's own zone. */
function tick() {
  for (const time of document.querySelectorAll('time')) {
    const words = relative(Date.parse(time.dateTime), Date.now() - ahead)
    if (time.textContent !== words) time.textContent = words
    const title = new Date(time.dateTime).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' })
    if (time.title !== title) time.title = title
  }
}

function follow() {
  const source = new EventSource('/console/stream')
  source.onopen = () => {
    say('on', 'Live')
    // What happened since the page was made was told to nobody.
    void refresh()
  }
  source.onerror = () => {
    say('off', 'Reconnecting')
    if (source.readyState === EventSource.CLOSED) location.reload()
  }
  source.addEventListener('changed', refresh)
  document.addEventListener('visibilitychange', () => {
    if (wanted) void refresh()
  })
}

function say(state, word) {
  dot.dataset.state = state
  dot.firstElementChild.textContent = word
}

let running = false
let wanted = false

/** One look at a time; whatever changes meanwhile is one more. A page that nobody sees waits until it is seen. */
async function refresh() {
  wanted = true
  if (running || document.hidden) return
  running = true
  while (wanted) {
    wanted = false
    await look().catch(() => say('off', 'Reconnecting'))
  }
  running = false
}

async function look() {
  const answer = await fetch(...request())
  if (answer.status === 401 || answer.redirected) return location.reload()
  if (answer.ok) show(await answer.text())
}

function request() {
  const form = document.getElementById(body.dataset.followForm ?? '')
  const url = new URL(form ? form.action : body.dataset.follow, location.href)
  url.searchParams.set('fragment', '1')
  return form ? [url, { method: 'POST', body: new URLSearchParams(new FormData(form)) }] : [url]
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('#live')
  if (!fresh) return
  ahead = Date.now() - Date.parse(fresh.dataset.now)
  const before = stateOf(live)
  for (const one of morph(live, fresh)) one.classList.add('fresh')
  tick()
  const after = stateOf(live)
  if (after && after !== before) tell(`Now ${after.toLowerCase()}`)
}

const stateOf = (root) => root.querySelector('[data-announce]')?.dataset.announce

let hiding

function tell(message) {
  toast.textContent = message
  toast.classList.add('shown')
  clearTimeout(hiding)
  hiding = setTimeout(() => toast.classList.remove('shown'), 4000)
}

async function copy({ target }) {
  const button = target.closest('[data-copy], [data-copy-from]')
  if (!button) return
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent
  await navigator.clipboard.writeText(text).then(
    () => tell('Copied'),
    () => tell('This browser does not let pages copy. Select the text instead.'),
  )
}

/** A form that is under way is not sent twice. */
function once(event) {
  const form = event.target
  if ('busy' in form.dataset) event.preventDefault()
  form.dataset.busy = ''
}

addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-busy]')) delete form.dataset.busy
})

/** Who came from another site arrived without the strict cookie: if there is a session, go on. */
async function comeBack() {
  const gate = document.querySelector('[data-session-next]')
  if (!gate) return
  const { signedIn } = await fetch('/console/session').then((answer) => answer.json())
  if (signedIn) location.replace(gate.dataset.sessionNext)
}
