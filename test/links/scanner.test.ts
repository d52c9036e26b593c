import { describe, expect, it } from 'vitest'
import { isScanner } from '../../src/links/scanner.ts'

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko)'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'

describe('a machine that looks at links', () => {
  it.each([
    ['Proofpoint', 'Mozilla/5.0 (compatible; Proofpoint URL Defense)'],
    ['Mimecast', 'Mimecast-URL-Protect/1.0'],
    ['Barracuda', 'Barracuda Sentinel (EE)'],
    ['Cisco', 'Mozilla/5.0 (compatible; Cisco-IronPort)'],
    ['Safe Links', 'Mozilla/5.0 (compatible; SafeLinks)'],
    ['Outlook before a browser opens', 'Mozilla/4.0 (compatible; ms-office; MSOffice 16)'],
    ['Outlook itself', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)'],
    ['Microsoft’s preview', `${WINDOWS} Chrome/124.0.0.0 Safari/537.36 BingPreview/1.0b`],
    ['Skype and Teams', 'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5'],
    ['Gmail', 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'],
    ['Yahoo Mail', 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'],
    ['Slack', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
    ['WhatsApp', 'WhatsApp/2.23.20.0'],
    ['Facebook', 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'],
    [
      'iMessage',
      'Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0',
    ],
    [
      'Apple',
      'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)',
    ],
    ['Telegram', 'TelegramBot (like TwitterBot)'],
    ['a headless browser', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36'],
    ['a script', 'python-requests/2.31.0'],
  ])('%s', (_, userAgent) => {
    expect(isScanner(userAgent)).toBe(true)
  })
})

describe('a person', () => {
  it.each([
    ['Safari', `${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`],
    ['Chrome', `${ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36`],
    ['Samsung’s browser', `${ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`],
    ['Edge', `${WINDOWS} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`],
    ['Firefox', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0'],
    ['inside Facebook', `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.38.101]`],
    ['inside Google’s app', `${IPHONE} GSA/319.0 Mobile/15E148 Safari/604.1`],
    ['inside Snapchat', `${IPHONE} Mobile/15E148 Snapchat/12.90.0.40 (like Safari/8617.3.11.10.2, panda)`],
    ['inside Viber', `${IPHONE} Mobile/15E148 Viber/22.0`],
    ['inside another app', `${IPHONE} Mobile/15E148`],
    [
      'on a phone called Cubot',
      'Mozilla/5.0 (Linux; Android 13; CUBOT X30) AppleWebKit/537.36 Chrome/110 Mobile Safari/537.36',
    ],
    ['with Opera Mini', 'Opera/9.80 (Android; Opera Mini/66/191; U; es) Presto/2.12.423 Version/12.16'],
  ])('%s', (_, userAgent) => {
    expect(isScanner(userAgent)).toBe(false)
  })
})

it.each(['', '  ', '-', 'unknown', 'null'])('nothing said (%j) proves nothing', (userAgent) => {
  expect(isScanner(userAgent)).toBe(false)
})
