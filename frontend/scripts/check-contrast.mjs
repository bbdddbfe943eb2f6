// Proves the palette: every colour inside sRGB, text and controls at WCAG 2.2 AA in light and dark, chart colours apart for
// every kind of colour vision. `node check-contrast.mjs` prints the worst figures; exit 1 on a shortfall.
import { readFileSync } from 'node:fs'
const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8').split('@media')[0]
const token = {}
for (const [, name, value] of css.matchAll(/--([\w-]+):\s*([^;]+);/g)) token[name] ??= value.trim()
const parse = t => { const [l, c, h] = t.match(/oklch\(([^)/]+)/)[1].trim().split(/\s+/).map(Number); return [l, c, h || 0] }
const lch = (name, theme) => {
  let v = token[name]; if (!v) throw new Error(`no token ${name}`)
  const alias = v.match(/^var\(--([\w-]+)\)$/); if (alias) return lch(alias[1], theme)
  const two = v.match(/light-dark\((oklch\([^)]*\)),\s*(oklch\([^)]*\))\)/)
  return parse(two ? two[theme === 'light' ? 1 : 2] : v)
}
const linear = ([L, C, H]) => {
  const a = C * Math.cos(H * Math.PI / 180), b = C * Math.sin(H * Math.PI / 180)
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3, m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3, s = (L - 0.0894841775 * a - 1.2914855480 * b) ** 3
  return [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s]
}
const clip = rgb => rgb.map(x => Math.min(1, Math.max(0, x)))
const luminance = c => { const [r, g, b] = clip(linear(c)); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) }
const oklab = ([r, g, b]) => {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b), m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b), s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s, 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s]
}
// Machado, Oliveira, Fernandes 2009, severity 1
const vision = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
const seen = (c, m) => oklab(clip(m.map(row => row.reduce((s, k, i) => s + k * clip(linear(c))[i], 0))))
let bad = 0, pairs = 0, worst = {}
const need = (theme, fg, bg, min) => {
  const got = contrast(lch(fg, theme), lch(bg, theme)); pairs++
  const key = `${theme} ${min}:1`; if (!worst[key] || got < worst[key].got) worst[key] = { got, fg, bg }
  if (got < min) { bad++; console.log(`✗ ${theme} ${fg} on ${bg}: ${got.toFixed(2)} < ${min}`) }
}
for (const theme of ['light', 'dark']) {
  const grounds = ['canvas', 'surface', 'sunken', 'raised', 'hover', 'accent-tint', 'neutral-tint', 'flash']
  for (const bg of grounds) for (const fg of ['ink', 'ink-2', 'ink-3', 'accent']) need(theme, fg, bg, 4.5)
  for (const bg of ['pressed', 'track', 'thumb']) for (const fg of ['ink', 'ink-2']) need(theme, fg, bg, 4.5)
  for (const s of ['success', 'warning', 'danger']) {
    for (const bg of ['canvas', 'surface', 'sunken', 'raised', 'hover', 'accent-tint', `${s}-tint`]) need(theme, s, bg, 4.5)
    for (const fg of ['ink', 'ink-2', 'ink-3']) need(theme, fg, `${s}-tint`, 4.5)
    for (const bg of ['canvas', 'surface', 'raised']) need(theme, `${s}-solid`, bg, 3)
  }
  for (const t of ['text', 'number', 'boolean', 'time', 'key', 'nested']) for (const bg of ['surface', 'canvas', 'sunken', 'raised', 'hover', 'accent-tint', 'danger-tint', 'success-tint']) need(theme, `type-${t}`, bg, 4.5)
  need(theme, 'on-accent', 'accent-solid', 4.5); need(theme, 'on-accent', 'accent-solid-hover', 4.5); need(theme, 'on-danger', 'danger-solid', 4.5)
  for (const bg of ['canvas', 'surface', 'sunken', 'raised', 'hover', 'accent-tint']) { need(theme, 'focus', bg, 3); need(theme, 'accent-solid', bg, 3) }
  for (const bg of ['canvas', 'surface', 'raised']) need(theme, 'line-control', bg, 3)
  for (let i = 1; i <= 6; i++) for (const bg of ['surface', 'raised']) need(theme, `chart-${i}`, bg, 3)
  need(theme, 'chart-asked', 'chart-fill', 3); need(theme, 'chart-asked', 'surface', 3)
  for (const [kind, m] of Object.entries(vision)) {
    let low = [9]
    for (let i = 1; i <= 6; i++) for (let j = i + 1; j <= 6; j++) {
      const a = seen(lch(`chart-${i}`, theme), m), b = seen(lch(`chart-${j}`, theme), m)
      const d = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); if (d < low[0]) low = [d, i, j]
    }
    const ok = low[0] >= 0.08; if (!ok) bad++
    console.log(`${ok ? '✓' : '✗'} ${theme} charts, ${kind}: closest ΔE(OKLab) ${low[0].toFixed(3)} (chart-${low[1]}, chart-${low[2]})`)
  }
  for (const name of Object.keys(token)) {
    if (!/oklch/.test(token[name]) || /shadow|ring/.test(name)) continue
    const rgb = linear(lch(name, theme)); if (rgb.some(x => x < -0.002 || x > 1.002)) { bad++; console.log(`✗ ${theme} ${name} lies outside sRGB: ${rgb.map(x => x.toFixed(3))}`) }
  }
}
for (const [k, w] of Object.entries(worst)) console.log(`worst of ${k}: ${w.got.toFixed(2)} (${w.fg} on ${w.bg})`)
console.log(`${pairs} pairs, ${bad} shortfalls`); process.exit(bad ? 1 : 0)
