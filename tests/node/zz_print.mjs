import { chromium } from "playwright-core";
const [,, page, out, w] = process.argv;
const b = await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox","--disable-gpu"]});
const p = await b.newPage({viewport:{width:+w,height:400}}); await p.emulateMedia({media:"print"}); await p.goto("file://"+page);
console.log(await p.evaluate(()=>[document.documentElement.scrollWidth,document.documentElement.scrollHeight]));
await p.screenshot({path:out,fullPage:true}); await b.close();
