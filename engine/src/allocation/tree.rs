//! Deals classes with exact counts over many items, so that any block of items is known without those before it.
//!
//! A node holds how many items of each class lie in its run of blocks. Its halves get a multivariate hypergeometric share, drawn with keys of
//! the node and the class, as if all items had been shuffled at once; a leaf, one block, shuffles its own. A block is therefore a function of
//! the key, the counts and its number, and is found in ⌈log2 blocks⌉ steps with the memory of one path.

use std::sync::Arc;

use super::hypergeometric;
use crate::random::Key;

/// How many items a leaf shuffles.
pub(super) const BLOCK: u64 = 4096;

/// Items that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// What the items of the class are dealt.
    pub(super) value: u64,
    /// How many items there are, at least one.
    pub(super) count: u64,
}

/// What an item adds to the running sum of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    /// Its value: a parent adds its children.
    Value,
    /// One: only its position counts.
    One,
}

/// The root of the tree and its key.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    key: Key,
    adds: Adds,
    root: Node,
}

/// The classes of a run of blocks, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// 1 at the root, 2i and 2i + 1 below node i.
    id: u64,
    /// Its first item.
    pub(super) first: u64,
    /// How many items there are.
    pub(super) items: u64,
    /// What the items before it add up to.
    pub(super) before: u64,
    /// What its items add up to.
    pub(super) sum: u64,
    classes: Arc<[Class]>,
}

impl Tree {
    /// The tree over all items of the classes, in ascending order of their values. Counts and the sum must stay below 2^63.
    pub(super) fn new(key: Key, adds: Adds, classes: Vec<Class>) -> Tree {
        let mut root = Node { id: 1, first: 0, items: 0, before: 0, sum: 0, classes: classes.into() };
        root.items = root.classes.iter().map(|class| class.count).sum();
        root.sum = adds.sum(&root.classes);
        Tree { key, adds, root }
    }

    /// How many items there are.
    pub(super) fn items(&self) -> u64 {
        self.root.items
    }

    /// What all items add up to.
    pub(super) fn sum(&self) -> u64 {
        self.root.sum
    }

    /// The classes of all items.
    pub(super) fn classes(&self) -> &[Class] {
        &self.root.classes
    }

    /// Cuts a node of several blocks in two.
    fn split(&self, node: &Node) -> (Node, Node) {
        let key = self.key.child(node.id);
        // Whole blocks to the left, and at least one to the right, so only the last block of all is ever partial.
        let left_items = node.items.div_ceil(BLOCK).div_ceil(2) * BLOCK;
        let (mut left, mut right) = (Vec::with_capacity(node.classes.len()), Vec::with_capacity(node.classes.len()));
        let (mut rest, mut wanted) = (node.items, left_items);
        for class in &*node.classes {
            let taken = hypergeometric::draw(key.word(class.value), rest, class.count, wanted);
            rest -= class.count;
            wanted -= taken;
            for (half, count) in [(&mut left, taken), (&mut right, class.count - taken)] {
                if count > 0 {
                    half.push(Class { count, ..*class });
                }
            }
        }
        let sum = self.adds.sum(&left);
        (
            Node { id: 2 * node.id, items: left_items, sum, classes: left.into(), ..*node },
            Node {
                id: 2 * node.id + 1,
                first: node.first + left_items,
                items: node.items - left_items,
                before: node.before + sum,
                sum: node.sum - sum,
                classes: right.into(),
            },
        )
    }

    /// The values of a leaf's items in their order, each as `convert` makes it.
    pub(super) fn deal<T: Copy>(&self, leaf: &Node, out: &mut Vec<T>, convert: impl Fn(u64) -> T) {
        out.clear();
        for class in &*leaf.classes {
            out.extend(std::iter::repeat_n(convert(class.value), class.count as usize));
        }
        if leaf.classes.len() > 1 {
            let key = self.key.child(leaf.id);
            for last in (1..out.len()).rev() {
                let other = key.below(last as u64, last as u64 + 1);
                out.swap(last, other as usize);
            }
        }
    }
}

impl Adds {
    fn sum(self, classes: &[Class]) -> u64 {
        match self {
            Adds::Value => classes.iter().map(|class| class.value * class.count).sum(),
            Adds::One => classes.iter().map(|class| class.count).sum(),
        }
    }
}

/// A way through the leaves: a step to the next one cuts about one node, any other step begins at the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// Nodes not passed yet, in order, the nearest last; together they are a run to the end of the tree.
    pending: Vec<Node>,
}

impl Walk {
    /// The leaf that holds this item.
    pub(super) fn leaf_of_item(&mut self, tree: &Tree, item: u64) -> Option<&Node> {
        self.seek(tree, item, |node| node.first, |node| node.first + node.items)
    }

    /// The leaf whose items bring the running sum above this position.
    pub(super) fn leaf_at_sum(&mut self, tree: &Tree, position: u64) -> Option<&Node> {
        self.seek(tree, position, |node| node.before, |node| node.before + node.sum)
    }

    fn seek(
        &mut self,
        tree: &Tree,
        target: u64,
        start: impl Fn(&Node) -> u64,
        end: impl Fn(&Node) -> u64,
    ) -> Option<&Node> {
        if self.pending.last().is_none_or(|node| target < start(node)) {
            self.pending.clear();
            self.pending.push(tree.root.clone());
        }
        loop {
            while self.pending.pop_if(|node| end(node) <= target).is_some() {}
            let node = self.pending.pop_if(|node| node.items > BLOCK);
            let Some(node) = node else { return self.pending.last() };
            let (left, right) = tree.split(&node);
            self.pending.push(right);
            self.pending.push(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn tree(items: u64) -> Tree {
        let classes = vec![
            Class { value: 0, count: items / 10 },
            Class { value: 1, count: items / 2 },
            Class { value: 2, count: items - items / 10 - items / 2 },
        ];
        Tree::new(Seeds::new(5).key("t", "k", "tree", 0), Adds::Value, classes)
    }

    #[test]
    fn leaves_lie_side_by_side_and_add_up_to_the_root() {
        for items in [20, BLOCK, BLOCK + 1, 5 * BLOCK, 100 * BLOCK + 77] {
            let tree = tree(items);
            let (mut walk, mut values) = (Walk::default(), Vec::new());
            let (mut item, mut sum, mut counts) = (0, 0, [0; 3]);
            while item < items {
                let leaf = walk.leaf_of_item(&tree, item).unwrap();
                assert_eq!((leaf.first, leaf.before), (item, sum));
                assert!(leaf.items == BLOCK || leaf.first + leaf.items == items);
                tree.deal(leaf, &mut values, |value| value);
                assert_eq!(values.len() as u64, leaf.items);
                assert_eq!(values.iter().sum::<u64>(), leaf.sum);
                values.iter().for_each(|value| counts[*value as usize] += 1);
                item += leaf.items;
                sum += leaf.sum;
            }
            assert_eq!(sum, tree.sum());
            assert!(tree.classes().iter().all(|class| counts[class.value as usize] == class.count));
            assert!(walk.leaf_of_item(&tree, items).is_none());
        }
    }

    #[test]
    fn a_leaf_is_the_same_whichever_way_leads_to_it() {
        let tree = tree(64 * BLOCK + 5);
        let leaf = |walk: &mut Walk, item| {
            let node = walk.leaf_of_item(&tree, item).unwrap().clone();
            let mut values = Vec::new();
            tree.deal(&node, &mut values, |value| value);
            (node.first, node.before, values)
        };
        let mut walk = Walk::default();
        for item in [0, 5 * BLOCK, 6 * BLOCK, 64 * BLOCK, 3, 40 * BLOCK, 39 * BLOCK] {
            assert_eq!(leaf(&mut walk, item), leaf(&mut Walk::default(), item));
        }
    }

    #[test]
    fn blocks_vary_as_a_shuffle_of_all_would() {
        // Of 400 blocks, the count of a class in each has variance n·p·q·(N−n)/(N−1); its estimate has a standard error of 7 %: four of them.
        let (items, blocks) = (400 * BLOCK, 400.0);
        let tree = tree(items);
        let mut walk = Walk::default();
        let mut squares = 0.0;
        for block in 0..400 {
            let leaf = walk.leaf_of_item(&tree, block * BLOCK).unwrap();
            let count = leaf.classes.iter().find(|class| class.value == 1).map_or(0, |class| class.count);
            squares += (count as f64 - BLOCK as f64 / 2.0).powi(2);
        }
        let expected = BLOCK as f64 * 0.25 * (1.0 - 1.0 / blocks);
        let ratio = squares / blocks / expected;
        assert!((ratio - 1.0).abs() < 0.28, "{ratio}");
    }
}
