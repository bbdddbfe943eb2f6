//! The plans that were used last: pages of rows are asked for one after the other, and compiling a large schema takes longer than its rows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use engine::plan::Plan;

use crate::error::ApiError;

/// Plans that are kept.
const KEPT: usize = 8;

/// Plans by a key that always means the same plan, the one used last in front.
#[derive(Default)]
pub struct PlanCache(Mutex<VecDeque<(String, Arc<Plan>)>>);

impl PlanCache {
    /// The plan of a key, made where it is not kept. Two that ask at once may both make it.
    pub fn get(&self, key: &str, make: impl FnOnce() -> Result<Arc<Plan>, ApiError>) -> Result<Arc<Plan>, ApiError> {
        let kept = self.take(key);
        let plan = kept.map_or_else(make, Ok)?;
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.push_front((key.to_owned(), Arc::clone(&plan)));
        plans.truncate(KEPT);
        Ok(plan)
    }

    fn take(&self, key: &str) -> Option<Arc<Plan>> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = plans.iter().position(|(known, _)| known == key)?;
        plans.remove(place).map(|(_, plan)| plan)
    }
}

#[cfg(test)]
mod tests {
    use engine::plan::{self, Options};
    use engine::schema::Overrides;

    use super::*;

    fn plan() -> Result<Arc<Plan>, ApiError> {
        let text = crate::catalogue::templates::TEMPLATES[0].text;
        Ok(plan::compile_text(text, &Overrides::new(), &Options::default()).plan.expect("a plan"))
    }

    #[test]
    fn a_plan_is_made_once_until_others_push_it_out() {
        let cache = PlanCache::default();
        let first = cache.get("a", plan).expect("a plan");
        let again = cache.get("a", || panic!("it is kept")).expect("a plan");
        assert!(Arc::ptr_eq(&first, &again));
        for other in 0..KEPT {
            cache.get(&other.to_string(), plan).expect("a plan");
        }
        let anew = cache.get("a", plan).expect("a plan");
        assert!(!Arc::ptr_eq(&first, &anew));
    }
}
