// The table as CSV by faker-js: faker_csv.mjs ROWS FILE.

import { closeSync, openSync, writeSync } from "node:fs";

import { faker } from "@faker-js/faker";

const [rows, path] = [Number(process.argv[2]), process.argv[3]];
const categories = [
  { value: "new", weight: 30 },
  { value: "open", weight: 25 },
  { value: "waiting for answer", weight: 15 },
  { value: "in progress", weight: 20 },
  { value: "closed", weight: 10 },
];

/** A price around 100, by the method of Box and Muller. */
function price() {
  const [u, v] = [1 - Math.random(), Math.random()];
  const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  return Math.min(Math.max(100 + 25 * normal, 1), 1000).toFixed(2);
}

faker.seed(1);
const file = openSync(path, "w");
let text = "id,key,first_name,last_name,email,category,price,signed_on,active,note\n";
for (let row = 1; row <= rows; row++) {
  const [firstName, lastName] = [faker.person.firstName(), faker.person.lastName()];
  const email = faker.internet.email({ firstName, lastName, provider: "example.com" });
  const date = faker.date.between({ from: "2020-01-01", to: "2025-12-31" }).toISOString().slice(0, 10);
  const active = faker.datatype.boolean(0.9) ? faker.datatype.boolean(0.7) : "";
  text += `${row},${faker.string.uuid()},${firstName},${lastName},${email},${faker.helpers.weightedArrayElement(categories)},`;
  text += `${price()},${date},${active},${faker.lorem.sentence({ min: 5, max: 7 })}\n`;
  if (text.length > 1 << 18) {
    writeSync(file, text);
    text = "";
  }
}
writeSync(file, text);
closeSync(file);
