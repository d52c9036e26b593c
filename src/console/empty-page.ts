import { html, type Markup } from '../lib/markup.ts'
import { exampleCurl } from '../lib/welcome.ts'
import type { Frame } from './layout.ts'

/** The first thing a newcomer sees: how a dispatch is made, by hand and by program. */
export const emptyList = ({ ports }: Frame): Markup => html`
    <section class="empty">
      <div class="empty-words">
        <h2>Nobody has been written to yet</h2>
        <p>A dispatch has one purpose: to get a magic link opened. It makes the link, puts it into words, sends it by the channels you name, reminds, and stops the moment the link is opened.</p>
        <ol class="story">
          <li><strong>Send one.</strong> <a href="/new">Fill in the form</a>, or run the command.</li>
          <li><strong>Read it.</strong> ${ports.inboxUrl ? html`It lands in the <a href="${ports.inboxUrl}" target="_blank" rel="noopener">inbox</a>, as the person would see it.` : 'It goes to the first channel that works.'}</li>
          <li><strong>Open the link.</strong> This page says so by itself, and the reminders stop.</li>
        </ol>
      </div>
      <figure class="snippet">
        <figcaption><span>${ports.exampleKey ? 'In a terminal' : html`In a terminal, after <code>export API_KEY=…</code>`}</span><button type="button" class="ghost small" data-copy-from="example">Copy</button></figcaption>
        <pre tabindex="0" id="example"><code>${exampleCurl({ url: ports.publicUrl.replace(/\/$/, ''), apiKey: ports.exampleKey ?? '$API_KEY', now: ports.now() })}</code></pre>
      </figure>
    </section>`
