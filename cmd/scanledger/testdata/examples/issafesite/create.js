const API_KEY = "your_api_key";
const BASE = "https://issafesite.com/api/v1";
// Create a scan
const res = await fetch(BASE + "/scan", {
method: "POST",
headers: {
"Authorization": `Bearer ${API_KEY}`,
"Content-Type": "application/json",
},
body: JSON.stringify({ url: "https://example.com" }),
});
const scan = await res.json();
console.log(scan.id, scan.status);
