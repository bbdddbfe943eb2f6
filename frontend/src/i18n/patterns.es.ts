/** What follows an expression's match: the parts that are sentences themselves are put into the language by `of`. */
type Rewrite = (parts: string[], of: (sentence: string) => string) => string;

/** Sentences of the server with a value in them, in Spanish. */
export const PATTERNS_ES: readonly (readonly [RegExp, string | Rewrite])[] = [
  // Why a generator was chosen.
  [/^the name says (.+)$/, "el nombre dice $1"],
  [/^the name looks like an? (.+)$/, "el nombre parece de tipo $1"],
  [/^the type is an? (.+)$/, "el tipo es $1"],
  // What is wrong with a schema, and the way on.
  [/^unknown key (".+")$/, "la clave $1 no existe aquí"],
  [/^unknown generator (".+")$/, "el generador $1 no existe"],
  [/^unknown parameter (".+")$/, "el parámetro $1 no existe"],
  [/^unknown value (.+)$/, "el valor $1 no existe aquí"],
  [/^did you mean (".+")\?$/, "¿quisiste decir $1?"],
  [/^known here: (.+)$/, "aquí existen: $1"],
  [/^the key (".+") is missing$/, "falta la clave $1"],
  [/^(\S+) is below the least allowed, (\S+)$/, "$1 es menor que el mínimo permitido, $2"],
  [/^(\S+) is above the most allowed, (\S+)$/, "$1 es mayor que el máximo permitido, $2"],
  [/^(\S+) is below min (\S+)$/, "$1 es menor que el mínimo $2"],
  [/^(\S+) is before start (\S+)$/, "$1 es anterior al inicio $2"],
  [/^no (\S+) lies between (\S+) and (\S+)$/, "ningún valor de tipo $1 está entre $2 y $3"],
  [/^a share of (\S+) is not between 0 and 1$/, "una proporción de $1 no está entre 0 y 1"],
  [
    /^a standard deviation of (\S+) is not above 0$/,
    "una desviación estándar de $1 no es mayor que 0",
  ],
  [/^the weight (\S+) is below 0$/, "el peso $1 es menor que 0"],
  [/^the weight of (".+") stands for no value$/, "el peso de $1 no es de ningún valor"],
  [/^table (.+) has no column (".+")$/, "la tabla $1 no tiene la columna $2"],
  [/^table (.+) has no draw (".+")$/, "la tabla $1 no tiene el sorteo $2"],
  [/^table (.+) has no foreign key (".+")$/, "la tabla $1 no tiene la clave foránea $2"],
  [/^the draw (.+) has no field (".+")$/, "el sorteo $1 no tiene el campo $2"],
  [/^this generator has no field (".+")$/, "este generador no tiene el campo $1"],
  [/^there is no table (".+")$/, "la tabla $1 no existe"],
  [/^the dataset has no list (".+")$/, "la lista $1 no existe"],
  [/^no data for the locale (".+") yet$/, "todavía no hay datos para $1"],
  [/^the table (".+") stands twice$/, "la tabla $1 aparece dos veces"],
  [/^the column (".+") stands twice$/, "la columna $1 aparece dos veces"],
  [/^(".+") stands twice$/, "$1 aparece dos veces"],
  [
    /^(.+) is part of the primary key and cannot be null$/,
    "$1 es parte de la clave primaria y no puede ser nulo",
  ],
  // How a rule is held.
  [/^(.+) follows from the condition$/, "$1 se deduce de la condición"],
  [
    /^(\S+) % of (\d+) sampled draws obey at once$/,
    "el $1 % de $2 sorteos de prueba la cumple a la primera",
  ],
  // What a certificate states. The condition comes first, since it may limit any of the others.
  [/^(.+?), where (.+)$/, ([says = "", when], of) => `${of(says)}, donde ${when}`],
  [/^if (.+) then (.+)$/, "si $1 entonces $2"],
  [/^(\S+) exists$/, "$1 existe"],
  [/^(\S+) is of type (.+)$/, "$1 es de tipo $2"],
  [
    /^(.+) is never null and tells every row from every other$/,
    "$1 nunca es nulo y distingue cada fila de las demás",
  ],
  [/^no two values of (.+) are alike$/, "ningún valor de $1 se repite"],
  [/^no two combinations of (.+) are alike$/, "ninguna combinación de $1 se repite"],
  [/^(.+) is null or the (.+) of a row of (.+)$/, "$1 es nulo o es $2 de una fila de $3"],
  [/^(\S+) is null$/, "$1 es nulo"],
  [/^(\S+) has (\d+) to (\d+) characters$/, "$1 tiene de $2 a $3 caracteres"],
  [/^(\S+) has at least (\d+) characters$/, "$1 tiene al menos $2 caracteres"],
  [/^(\S+) has at most (\d+) characters$/, "$1 tiene como máximo $2 caracteres"],
  [/^(.+), (\S+) on average$/, ([says = "", mean], of) => `${of(says)}, ${mean} en promedio`],
  [/^(.+), (\S+) in all$/, ([says = "", total], of) => `${of(says)}, ${total} en total`],
  [
    /^each row of (.+) has (\d+) to (\d+) rows of (.+)$/,
    "cada fila de $1 tiene de $2 a $3 filas de $4",
  ],
  [
    /^each row of (.+) has at least (\d+) rows of (.+)$/,
    "cada fila de $1 tiene al menos $2 filas de $3",
  ],
  [
    /^each row of (.+) has any number of rows of (.+)$/,
    "cada fila de $1 tiene cualquier número de filas de $2",
  ],
];
