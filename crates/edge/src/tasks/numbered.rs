//! Values by number, in its order. There are few at a time: a list is shorter than a tree, in code too.

/// Values by number.
pub struct Numbered<T>(Vec<(u32, T)>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Numbered<T> {
    /// That with the lowest number.
    #[must_use]
    pub fn first(&self) -> Option<(u32, &T)> {
        self.0.first().map(|(number, value)| (*number, value))
    }

    /// The value of this number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let at = self.find(number).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Puts a value in; nothing has its number.
    pub fn insert(&mut self, number: u32, value: T) {
        let (Ok(at) | Err(at)) = self.find(number);
        self.0.insert(at, (number, value));
    }

    /// Takes out the value of this number.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        let at = self.find(number).ok()?;
        Some(self.0.remove(at).1)
    }

    fn find(&self, number: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&number, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_number_and_the_lowest_is_the_first_in_whatever_order_they_came() {
        let mut values = Numbered::default();
        for number in [3, 1, 2] {
            values.insert(number, number);
        }

        assert_eq!(values.first(), Some((1, &1)));
        assert_eq!(values.get_mut(2), Some(&mut 2));
        assert_eq!(values.remove(1), Some(1));
        assert_eq!((values.remove(1), values.get_mut(1)), (None, None));
        assert_eq!(values.first(), Some((2, &2)));
    }
}
