import { isbot } from 'isbot'

/** Whether a user agent is a machine's that looks at links for somebody else. None at all proves nothing. */
export function isScanner(userAgent: string): boolean {
  const name = userAgent.trim()
  return !UNSAID.test(name) && (isbot(name) || SCANNERS.some((pattern) => pattern.test(name)))
}

/** What some write where they do not know. */
const UNSAID = /^(unknown|undefined|null|none|n\/a|-)?$/i

/** Mail gateways, previews of links in messages, and proxies of mailboxes, by what they call themselves. */
const SCANNERS = [
  /proofpoint|urldefense/i, // Proofpoint URL Defense
  /mimecast/i, // Mimecast URL Protect
  /barracuda|cudasvc/i, // Barracuda Link Protection and Sentinel
  /safelinks|urlanalyzer/i, // Microsoft Defender, Safe Links
  /ms-?office|microsoft office|microsoft exchange/i, // Outlook and Exchange, before a browser opens
  /bingpreview|microsoftpreview|skypeuripreview/i, // previews of Outlook, Teams and Skype
  /googleimageproxy|ggpht\.com/i, // Gmail
  /google-safety|google-read-aloud|google-messages/i, // Google's own looks at links
  /yahoomailproxy/i, // Yahoo Mail
  /ironport|ciscosecureemail/i, // Cisco Secure Email
  /trend ?micro|\btmes\b/i, // Trend Micro Email Security
  /symantec|messagelabs/i, // Symantec Email Security.cloud
  /forcepoint|websense/i, // Forcepoint Email Security
  /sophos/i, // Sophos Email
  /fortimail|fortisandbox/i, // Fortinet
  /fireeye|trellix/i, // Trellix Email Security
  /mcafee|skyhigh/i, // McAfee, Skyhigh
  /kaspersky|bitdefender|\beset\b|f-secure|withsecure/i, // antivirus on the way of a mail
  /checkpoint|avanan/i, // Check Point Harmony Email
  /zscaler/i, // Zscaler
  /\bvade|hornetsecurity/i, // Vade, Hornetsecurity
  /virustotal|urlscan|phishtank/i, // services that look at reported links
  /applebot/i, // Apple
  /facebookexternalhit|facebot|meta-externalfetcher/i, // Facebook, Messenger; iMessage names itself so too
  /^whatsapp\//i, // WhatsApp's preview, not its browser
  /slackbot|slack-imgproxy/i, // Slack
  /twitterbot/i, // X
  /telegrambot/i, // Telegram
  /discordbot/i, // Discord
  /linkedinbot/i, // LinkedIn
  /snap url preview/i, // Snapchat
]
