/** Rows of a ready example, shown beside the way in: what the product makes, before anybody may ask it. */
export const SAMPLE = {
  columns: [
    { name: "id", type: "integer", right: true },
    { name: "document", type: "string" },
    { name: "first_name", type: "string" },
    { name: "surname", type: "string" },
    { name: "status", type: "string" },
    { name: "hired_on", type: "date" },
    { name: "company_code", type: "string" },
  ],
  rows: [
    ["31", "50990216", "María", "Chafloque Casanova", "new", null, null],
    ["32", "62820653", "José", "Ruiz Castañeda", "new", null, null],
    ["33", "35795883", "Elena", "Quispe Custodio", "new", null, null],
    ["34", "39597211", "Jorge", "Ventura Castro", "employee", "2022-05-21", "OD336"],
    ["35", "57853985", "Andrés", "Tello Alemán", "employee", "2024-06-17", "OD336"],
    ["36", "40674529", "Lidia", "Leal Effio", "employee", "2023-04-25", "OD336"],
    ["37", "61467610", "Luis", "Anco Carrasco", "new", null, null],
    ["38", "55718566", "Carlos", "Mena Jiménez", "new", null, null],
    ["39", "53602455", "Jesús", "Quispe Pilco", "new", null, null],
    ["40", "98211911", "Jessica", "Custodio Rodríguez", "new", null, null],
  ],
  chart: { column: "started_at", counts: [9, 25, 18, 15, 24, 10, 18, 18, 15, 16, 22, 19] },
  rules: [
    { id: "new-ones-have-no-company", checked: 100 },
    { id: "planned-in-order", checked: 220 },
    { id: "foreign-key:process.candidate", checked: 220 },
  ],
  statements: 33,
} as const;
