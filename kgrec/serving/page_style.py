"""How the page of the demo looks: one style sheet, light and dark, from phone to desk."""

from __future__ import annotations

from kgrec.serving.colours import HUES

__all__ = ["style"]

_LIGHT = "--paper:#faf9f6;--panel:#fff;--ink:#1d2327;--soft:#565e65;--line:#dcdfd9;--mark:#ffe9a8;--accent:#0b6a5d"
_DARK = "--paper:#121416;--panel:#191c1f;--ink:#eceef0;--soft:#a9b1b8;--line:#343a3f;--mark:#5d4a0c;--accent:#5fd0bd"
_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;color-scheme:light dark}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:3.5rem}
h1,h2,h3,h4,h5{line-height:1.25;margin:0;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:clamp(1.7rem,4vw,2.5rem);letter-spacing:-.02em;font-weight:700}
h2{font-size:1.5rem;letter-spacing:-.01em;margin-bottom:.4rem}
h3{font-size:1.2rem}
h4{font-size:.95rem;margin:1.4rem 0 .6rem}
h5{font-size:1.02rem}
p{margin:.35rem 0}
a{color:var(--accent);text-underline-offset:.2em}
.lead{color:var(--soft);max-width:44rem;font-size:1.05rem}
.soft{color:var(--soft);font-weight:400}
.small{font-size:.8rem}
section{padding-top:3.25rem}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1px;margin:2rem 0 1.25rem;
background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.numbers div{background:var(--panel);padding:.8rem 1rem;display:flex;flex-direction:column-reverse;
justify-content:flex-end}
.numbers dt{color:var(--soft);font-size:.85rem}
.numbers dd{margin:0;font-size:1.4rem;font-weight:650;font-variant-numeric:tabular-nums}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;list-style:none;margin:0;padding:0;font-size:.95rem}
.customer,.example,.picture{background:var(--panel);border:1px solid var(--line);border-radius:10px}
.customer{padding:1.5rem;margin-top:1.5rem}
.remark{border-left:3px solid var(--soft);padding-left:.75rem;color:var(--soft)}
.chips{display:flex;flex-wrap:wrap;gap:.35rem;list-style:none;margin:.4rem 0;padding:0}
.chips li{border:1px solid var(--line);border-radius:99px;padding:.1rem .7rem;font-size:.86rem;background:var(--paper);
overflow-wrap:anywhere}
.answers{list-style:none;counter-reset:rank;margin:0;padding:0}
.answers>li{counter-increment:rank;position:relative;padding:1.1rem 0 1.1rem 2.6rem;border-top:1px solid var(--line)}
.answers>li::before{content:counter(rank);position:absolute;left:0;top:1.05rem;width:1.7rem;text-align:right;
color:var(--soft);font-size:1.05rem;font-variant-numeric:tabular-nums}
.top{display:flex;justify-content:space-between;gap:1rem;align-items:baseline}
.score{margin:0;white-space:nowrap;font-variant-numeric:tabular-nums;font-weight:600}
.code{font-size:.82rem;margin:0}
.why{max-width:44rem;margin:.45rem 0 .65rem;overflow-wrap:anywhere}
.bar{display:flex;gap:2px;height:.8rem;border-radius:4px;overflow:hidden;max-width:44rem}
.part{background:var(--hue);min-width:2px}
.against{background:repeating-linear-gradient(45deg,var(--hue) 0 2px,transparent 2px 5px)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:.4rem 0;padding:0;font-size:.84rem;
color:var(--soft)}
.legend b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.dot{display:inline-block;width:.68rem;height:.68rem;border-radius:50%;background:var(--hue);margin-right:.45rem}
.dot.against{background:repeating-linear-gradient(45deg,var(--hue) 0 2px,transparent 2px 4px)}
details{margin-top:.4rem}
summary{cursor:pointer;color:var(--accent);font-size:.9rem;width:fit-content}
.wide{overflow-x:auto;margin-top:1rem}
.wide:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.86rem;padding-bottom:.4rem}
th,td{text-align:left;padding:.42rem .9rem .42rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{font-weight:600;color:var(--soft);font-size:.84rem;vertical-align:bottom}
tbody th{font-weight:500;min-width:8rem}
tfoot th,tfoot td{border-bottom:0;border-top:2px solid var(--line);font-weight:650}
.number{text-align:right;white-space:nowrap}
.meter{display:inline-block;width:4.5rem;height:.5rem;border-radius:3px;margin-left:.6rem;
background:linear-gradient(var(--accent),var(--accent)) 0/calc(100%*var(--part)) 100% no-repeat var(--line)}
.interval{display:block;position:relative;width:7rem;height:.75rem;margin:.1rem 0 .1rem auto;
background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}
.interval::before,.interval::after{content:"";position:absolute;background:var(--soft);top:calc(50% - 1px)}
.interval::before{left:calc(100%*var(--low));width:max(calc(100%*(var(--high) - var(--low))),2px);height:2px}
.interval::after{left:calc(100%*var(--at) - 3px);width:6px;height:6px;margin-top:-2px;border-radius:50%;
background:var(--ink)}
td .interval+.small{display:block}
figure{margin:1rem 0 0}
figcaption{color:var(--soft);font-size:.92rem;margin-top:.6rem}
.example{padding:1.1rem 1.25rem}
.example blockquote{margin:0;font-size:1.15rem;letter-spacing:.01em;overflow-wrap:anywhere}
.example figcaption b{color:var(--ink)}
mark{background:var(--mark);color:var(--ink);border-radius:3px;padding:.05em .2em}
.picture svg{display:block;width:100%;height:auto;min-width:44rem}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:0 2.5rem}
footer{margin-top:3.5rem;padding-top:1.25rem;padding-bottom:3rem;color:var(--soft);font-size:.88rem;
border-top:1px solid var(--line)}
@media (max-width:40rem){header{padding-top:2rem}header,main,footer{padding-left:1rem;padding-right:1rem}
.many{min-width:38rem}.customer{padding:1.1rem 1rem}.answers>li{padding-left:1.9rem}.answers>li::before{width:1.2rem}}
@media print{.customer{break-inside:auto}.answers>li{break-inside:avoid}}
"""


def style() -> str:
    """Return the style sheet; colours of sources are the variables ``--behaviour``, ``--r0`` and so on."""
    light, dark = (";".join(f"--{name}:{pair[shade]}" for name, pair in HUES.items()) for shade in (0, 1))
    scheme = f"@media (prefers-color-scheme:dark){{:root{{{_DARK};{dark}}}}}"
    return f":root{{{_LIGHT};{light}}}{scheme}{_RULES.replace(chr(10), '')}"
