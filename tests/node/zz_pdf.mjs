import { chromium } from "playwright-core";
const [,, page, out] = process.argv;
const b = await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox","--disable-gpu"]});
const p = await b.newPage(); await p.goto("file://"+page);
await p.pdf({path:out,format:"A4",printBackground:true,preferCSSPageSize:false}); await b.close();
