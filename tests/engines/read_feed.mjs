// feedsmith reads feeds: one JSON line in, {"feed": base64}, one JSON line out.
import { createInterface } from "node:readline";
import { parseFeed } from "feedsmith";

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = parseFeed(Buffer.from(JSON.parse(line).feed, "base64").toString("utf8"));
  } catch (error) {
    answer = { problem: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
