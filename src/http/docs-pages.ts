import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'
import { FAILURES, type FailureCode, failure } from '../domain/failure.ts'
import { renderMarkdown } from './markdown.ts'
import { sendProblem } from './problem.ts'

const ERROR_PAGES = join(import.meta.dirname, '..', '..', 'docs', 'errors')
const SWAGGER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const SWAGGER_FILES = /^\/swagger-ui(-bundle\.js|\.css)$/

/** Nothing from elsewhere, nothing inline but the styles that Swagger UI sets on its elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `/openapi.json`, `/docs`, and a page for every error code. `describe` is called once, when somebody asks. */
export function docsRouter(describe: () => object): Router {
  const router = Router()
  let document: object | undefined
  router.get('/openapi.json', (_req, res) => {
    document ??= describe()
    res.json(document)
  })
  router.use('/docs', policed)
  router.get('/docs', (_req, res) => {
    res.type('html').send(DOCS_PAGE)
  })
  router.get('/docs/start.js', (_req, res) => {
    res.type('js').send(START)
  })
  router.get('/docs/errors.css', (_req, res) => {
    res.type('css').send(STYLE)
  })
  router.get('/docs/errors/:code', errorPage)
  const files = express.static(SWAGGER, { index: false, redirect: false, maxAge: '1d' })
  router.use('/docs', (req, res, next) => (SWAGGER_FILES.test(req.path) ? files(req, res, next) : next()))
  return router
}

const policed: RequestHandler = (_req, res, next) => {
  res.set('Content-Security-Policy', POLICY)
  next()
}

const errorPage: RequestHandler = async (req, res) => {
  const code = String(req.params['code'])
  if (!isCode(code)) return sendProblem(res, failure('not_found'))
  const markdown = await readFile(join(ERROR_PAGES, `${code}.md`), 'utf8')
  if (!req.accepts('html')) res.type('text/plain').send(markdown)
  else res.type('html').send(pageOf(code, renderMarkdown(markdown)))
}

const isCode = (text: string): text is FailureCode => Object.hasOwn(FAILURES, text)

const pageOf = (title: string, body: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/errors.css">
<main>
${body}</main>
</html>
`

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>link-dispatcher API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', validatorUrl: null, persistAuthorization: false })
`

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
body { margin: 0 }
main { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
h2 { font-size: 1.05rem; margin-top: 2rem }
code, pre { font: .875rem/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: 1rem; border: 1px solid #8884; border-radius: .5rem }
`
