import { morph } from './morph.js'

/** What is enough to see how a file is meant. */
const BEGINNING = 65_536

/** A file is shown as it will be understood first, and sent as a whole when somebody says so. */
export function takeFiles(refresh) {
  const place = document.querySelector('[data-upload]')
  const input = place.querySelector('input[type=file]')
  const mapping = place.querySelector('.mapping')
  input.closest('.field').hidden = false
  input.addEventListener('change', () => preview(undefined))
  mapping.addEventListener('change', () => preview(mapNow()))
  mapping.addEventListener('click', ({ target }) => {
    if (target.closest('[data-send]')) void upload()
  })
  // A browser that comes back, or a person who is faster than the script, has chosen one already.
  if (input.files.length > 0) void preview(undefined)

  async function preview(map) {
    const [file] = input.files
    if (!file) return mapping.replaceChildren()
    const answer = await fetch(address('/mapping', file, map), {
      method: 'POST',
      headers: { 'Content-Type': typeOf(file) },
      body: file.slice(0, BEGINNING),
    }).catch(() => undefined)
    show(answer?.ok ? await answer.text() : lost(answer?.status))
  }

  function mapNow() {
    const chosen = [...mapping.querySelectorAll('[data-column]')]
    return Object.fromEntries(chosen.map(({ dataset, value }) => [dataset.column, value || null]))
  }

  /** An XMLHttpRequest tells how much has left; the file itself is its body, and is never read as a whole. */
  function upload() {
    const [file] = input.files
    const request = new XMLHttpRequest()
    request.open('POST', address('', file, mapNow()))
    request.setRequestHeader('Content-Type', typeOf(file))
    request.upload.onprogress = ({ loaded, total }) => sent(loaded, total)
    request.onload = () => {
      done(request.status === 200 ? request.responseText : lost(request.status))
      void refresh()
    }
    request.onerror = () => done(lost(0))
    sent(0, file.size)
    input.disabled = true
    mapping.replaceChildren()
    request.send(file)
  }

  function sent(loaded, total) {
    const [line] = place.getElementsByClassName('sending')
    line.hidden = false
    line.querySelector('progress').value = total === 0 ? 0 : (loaded / total) * 1000
    line.querySelector('span').textContent =
      loaded < total
        ? `${megabytes(loaded)} of ${megabytes(total)} MB sent`
        : 'All is sent, the last rows are being stored'
  }

  function done(text) {
    place.querySelector('.sending').hidden = true
    input.disabled = false
    input.value = ''
    show(text)
  }

  function address(path, file, map) {
    const url = new URL(place.dataset.upload + path, location.href)
    url.searchParams.set('filename', file.name.slice(0, 200))
    if (map) url.searchParams.set('map', JSON.stringify(map))
    return url
  }

  /** Focus and open lists stay where they are while a mapping is put right. */
  function show(text) {
    const fresh = mapping.cloneNode(false)
    fresh.innerHTML = new DOMParser().parseFromString(text, 'text/html').body.innerHTML
    morph(mapping, fresh)
  }
}

const typeOf = ({ name }) => (/\.(ndjson|jsonl)$/i.test(name) ? 'application/x-ndjson' : 'text/csv')

const megabytes = (bytes) => (bytes / 1_048_576).toFixed(1)

const lost = (status) =>
  status === 401
    ? '<p class="alert" role="alert">You were signed out. Sign in again; what was taken is kept.</p>'
    : '<p class="alert" role="alert">The file did not arrive. Send all of it again: nobody is doubled.</p>'
