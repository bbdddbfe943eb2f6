//! Ready examples to start from, compiled in.

/// A schema to start from.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Its name; also the dataset's and, with an extension, its file's.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub summary: &'static str,
    /// The schema, as YAML with its comments.
    pub text: &'static str,
}

/// The templates, simplest first.
pub const TEMPLATES: &[Template] = &[
    Template { name: "minimal", summary: "one table, three columns", text: include_str!("minimal.yaml") },
    Template {
        name: "hiring",
        summary: "a company, its candidates and their selection processes, with business rules",
        text: include_str!("hiring.yaml"),
    },
    Template {
        name: "orders",
        summary: "customers, products and purchases: two keys of one table, a list, a draw",
        text: include_str!("orders.yaml"),
    },
    Template {
        name: "sensors",
        summary: "stations and measurements: values that depend on the row's parent",
        text: include_str!("sensors.yaml"),
    },
];

/// The template of a name.
pub fn by_name(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

#[cfg(test)]
mod tests {
    use engine::plan;
    use engine::schema::Overrides;

    use super::*;

    #[test]
    fn every_template_plans_without_a_problem() {
        for template in TEMPLATES {
            let compiled = plan::compile_text(template.text, &Overrides::new(), &plan::Options::default());
            let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
            assert!(problems.is_empty(), "{}: {problems:?}", template.name);
            let plan = compiled.plan.expect("a plan without problems");
            assert_eq!(plan.dataset.name, template.name);
        }
    }
}
