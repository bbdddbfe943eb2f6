//! What columns ask for, and answers as a model would give them.

use serde_json::{Value, json};

/// Texts that are put together of parts, as many as there are combinations: those of a model that says the like over and over.
pub fn put_together(parts: &[&[&str]]) -> Vec<Value> {
    let all: usize = parts.iter().map(|part| part.len()).product();
    let text = |number: usize| {
        let mut rest = number;
        let mut text = String::new();
        for part in parts {
            text.push_str(part[rest % part.len()]);
            rest /= part.len();
        }
        json!(text)
    };
    // Neighbours differ in more than their beginning.
    (0..all).map(|number| text(number * 7919 % all)).collect()
}

/// What columns ask for, and the like of what models said.
pub fn shapes() -> Vec<(&'static str, Value, Vec<Value>)> {
    let text = |most: u64| json!({"type": "string", "maxLength": most});
    let first = [
        "Emily ", "Jamal ", "Sofia ", "Hannah ", "Marcus ", "Priya ", "Thomas ", "Aisha ", "Lucas ", "Naomi ",
        "Gabriel ", "Olivia ", "Noah ", "Chloe ", "Ethan ", "Grace ", "Isaac ", "Leila ", "Mateo ", "Nora ", "Oscar ",
        "Paula ", "Quinn ", "Rosa ", "Samuel ", "Tara ", "Umar ", "Vera ", "Walter ", "Yara ", "Zoe ", "Adrian ",
        "Bianca ", "Caleb ",
    ];
    let last = [
        "Carter",
        "Whitfield",
        "Delgado",
        "Lindqvist",
        "O'Neill",
        "Becker",
        "Mahmoud",
        "Moreau",
        "Tanaka",
        "Fontaine",
        "Sandoval",
        "Okafor",
        "Nguyen",
        "Hughes",
        "Silva",
        "Petrov",
        "Rossi",
        "Kim",
        "Larsen",
        "Novak",
        "Reyes",
        "Schmidt",
        "Turner",
        "Usman",
        "Vargas",
        "Walsh",
        "Young",
        "Zimmer",
        "Abbott",
        "Brooks",
        "Castro",
        "Dubois",
        "Evans",
        "Fischer",
    ];
    let places =
        ["Quiet", "Great", "Sturdy", "Stylish", "Reliable", "Lovely", "Poor", "Decent", "Perfect", "Noisy", "Fast"];
    let verdicts = [
        " and easy to clean",
        " for the price",
        " but a bit slow",
        " for daily tea",
        " and well made",
        " gift for my mother",
        " with a few flaws",
        " addition to my kitchen",
        ", worth every penny",
        " kettle overall",
    ];
    let openings = [
        "I've been using this for a month and ",
        "Bought it as a gift and ",
        "Honestly, ",
        "After two weeks ",
        "At first I was skeptical, but ",
        "For this price ",
        "Compared with my old one ",
        "As always with this brand, ",
        "To my surprise ",
        "All in all ",
    ];
    let middles = [
        "it still works perfectly. ",
        "the quality is excellent. ",
        "the handle feels a little loose. ",
        "it does what it should. ",
        "the battery lasts all day. ",
        "it exceeded my expectations. ",
        "the colour differs from the pictures. ",
        "setup took less than five minutes. ",
        "it broke and support was slow to respond. ",
        "my whole family loves it. ",
    ];
    let closings = [
        "Highly recommend it to anyone.",
        "Shipping was quick, too.",
        "I would buy it again.",
        "Three stars from me.",
        "Good value for the money.",
        "I'm sending it back.",
        "Will order from this shop again.",
        "Not sure I'd choose it again.",
        "The packaging could be better.",
        "Very happy!",
    ];
    let personal = [
        "El personal ",
        "La recepcionista ",
        "El repartidor ",
        "El técnico ",
        "La vendedora ",
        "El camarero ",
        "La gerente ",
        "Todo el equipo ",
        "El chico de la tienda ",
        "La atención al cliente ",
    ];
    let hizo = [
        "fue muy amable",
        "llegó con retraso",
        "resolvió mi problema",
        "no supo ayudarme",
        "me atendió enseguida",
        "tardó más de una hora",
        "explicó todo con calma",
        "superó mis expectativas",
        "olvidó mi pedido",
        "respondió con educación",
    ];
    let final_ = [
        " y volveré sin duda.",
        ".",
        ", aunque el local estaba sucio.",
        ", muy recomendable.",
        " y los precios son justos.",
        ", una pena.",
        ", gracias.",
        " desde el primer día.",
        ", así que repetiré.",
        " otra vez.",
    ];
    let kitchen = [
        "Cast Iron ",
        "Bamboo ",
        "Stainless Steel ",
        "Silicone ",
        "Ceramic ",
        "Digital ",
        "Compact ",
        "Non-Stick ",
        "Electric ",
        "Glass ",
    ];
    let things = [
        "Skillet",
        "Cutting Board",
        "Whisk",
        "Spatula Set",
        "Mixing Bowl",
        "Kitchen Scale",
        "Muffin Pan",
        "Hand Mixer",
        "Storage Jar",
        "Kettle",
    ];
    let sizes = ["", " 12-inch", " Pro", " Set of 3", " XL", " with Lid", " 500 ml", " Deluxe", " Mini", " 2-pack"];
    let industries = ["Technology", "Retail", "Energy", "Health", "Finance"];
    let names = put_together(&[
        &["North", "Bright", "Cedar", "Helix", "Lumen", "Oak", "Blue", "Vertex", "Summit", "Green"],
        &["wind ", "path ", "stone ", "ridge ", "leaf ", "line ", "field ", "gate ", "harbor ", "wave "],
        &[
            "Analytics",
            "Solutions",
            "Biotech",
            "Logistics",
            "Partners",
            "Foods",
            "Robotics",
            "Media",
            "Energy",
            "Legal",
        ],
    ]);
    let of_company =
        |(n, name): (usize, &Value)| json!({"name": name, "founded": 1950 + n % 70, "industry": (industries[n % 5])});
    let object = json!({"type": "object", "required": ["name", "founded", "industry"], "additionalProperties": false, "properties": {
        "name": {"type": "string", "description": "The company's name"}, "founded": {"type": "integer", "minimum": 1900, "maximum": 2026},
        "industry": {"type": "string", "enum": industries}}});
    vec![
        ("A person's full name", text(255), put_together(&[&first, &last])),
        ("Title of a review of a kettle", text(120), put_together(&[&places, &verdicts])),
        (
            "What a customer writes about the product in a review",
            text(500),
            put_together(&[&openings, &middles, &closings]),
        ),
        ("Comentario de un cliente sobre el servicio", text(400), put_together(&[&personal, &hizo, &final_])),
        ("Name of a kitchen product", text(200), put_together(&[&kitchen, &things, &sizes])),
        ("A company", object, names.iter().enumerate().map(of_company).collect()),
    ]
}
