//! Parameters, results and what may come out besides them.

use super::names::find;
use super::types::ownership;
use super::{NAME, Read, Reader};
use crate::entity::{CapabilityId, EffectId};
use crate::module::{Location, Param, ResultType, Results, Signature};
use crate::types::{Ownership, Type};
use smallvec::SmallVec;

/// The effects whose failures may come out, and whether an escape may.
#[derive(Default)]
pub(super) struct Fails {
    pub(super) effects: Vec<EffectId>,
    pub(super) escapes: bool,
}

impl Reader<'_> {
    /// `(PARAMS) -> RESULTS [fails …] (pure | performs …)`
    pub(super) fn signature(&mut self) -> Read<Signature> {
        let params = self.params()?;
        let results = self.arrow_results(params.len())?;
        let fails = self.fails()?;
        let performs = self.performs()?;
        Ok(Signature { params, results, fails: fails.effects, escapes: fails.escapes, performs })
    }

    /// `(OWNERSHIP TYPE, …)`
    pub(super) fn params(&mut self) -> Read<Vec<Param>> {
        let mut params = Vec::new();
        let mut first = true;
        self.cursor.expect(b'(')?;
        while self.cursor.list_goes_on(b')', &mut first)? {
            let (ty, ownership) = self.owned_type()?;
            params.push(Param { ty, ownership });
        }
        Ok(params)
    }

    /// `(vN: OWNERSHIP TYPE, …)`; the numbers go to the list.
    pub(super) fn named_params(&mut self, numbers: &mut Vec<u32>) -> Read<Vec<Param>> {
        let mut params = Vec::new();
        let mut first = true;
        self.cursor.expect(b'(')?;
        while self.cursor.list_goes_on(b')', &mut first)? {
            numbers.push(self.cursor.value_number()?);
            self.cursor.expect(b':')?;
            let (ty, ownership) = self.owned_type()?;
            params.push(Param { ty, ownership });
        }
        Ok(params)
    }

    /// `-> RESULTS`, for a function with so many parameters.
    pub(super) fn arrow_results(&mut self, params: usize) -> Read<Results> {
        self.cursor.expect_arrow()?;
        if self.cursor.eat_word("never") {
            return Ok(Results::Never);
        }
        let mut results = Vec::new();
        if self.cursor.eat(b'(') {
            let mut first = true;
            while self.cursor.list_goes_on(b')', &mut first)? {
                results.push(self.result(params)?);
            }
        } else {
            results.push(self.result(params)?);
        }
        Ok(Results::Values(results))
    }

    fn result(&mut self, params: usize) -> Read<ResultType> {
        let stated = self.cursor.stated_ownership();
        let mut anchors = SmallVec::new();
        if stated == Some(Ownership::Borrow) {
            self.cursor.expect(b'(')?;
            if self.cursor.eat_word("static") {
                self.cursor.expect(b')')?;
            } else {
                anchors = self.anchor_params(params)?;
            }
        }
        let ty = self.names.ty(&mut self.cursor)?;
        let ownership = ownership(&self.module, &self.cursor, ty, stated)?;
        Ok(ResultType { ty, ownership, anchors })
    }

    /// `I, …)`: the numbers of the parameters that a result lives as long as.
    fn anchor_params(&mut self, params: usize) -> Read<SmallVec<[u32; 2]>> {
        let mut anchors = SmallVec::new();
        let mut first = true;
        while self.cursor.list_goes_on(b')', &mut first)? {
            let index = self.cursor.natural("the number of a parameter, or `static`")?;
            if index as usize >= params {
                let message = format!("there is no parameter {index}: they are {params}, counted from 0");
                return Err(self.cursor.error(NAME, message));
            }
            anchors.push(index);
        }
        if anchors.is_empty() {
            return Err(self.cursor.expected("`borrow(static)`, or the numbers of parameters in the parentheses"));
        }
        Ok(anchors)
    }

    /// `[captures (TYPES)]`
    pub(super) fn captures(&mut self) -> Read<Vec<Type>> {
        let mut captures = Vec::new();
        if self.cursor.eat_word("captures") {
            let mut first = true;
            self.cursor.expect(b'(')?;
            while self.cursor.list_goes_on(b')', &mut first)? {
                captures.push(self.names.ty(&mut self.cursor)?);
            }
        }
        Ok(captures)
    }

    /// `[fails EFFECT, …, escape]`
    pub(super) fn fails(&mut self) -> Read<Fails> {
        let mut fails = Fails::default();
        if !self.cursor.eat_word("fails") {
            return Ok(fails);
        }
        loop {
            match self.cursor.expect_name("an effect's name or `escape`")? {
                "escape" => fails.escapes = true,
                name => fails.effects.push(find(&self.names.effects, name, &self.cursor, "effect", name)?),
            }
            if !self.cursor.eat(b',') {
                return Ok(fails);
            }
        }
    }

    /// `pure` or `performs CAPABILITY, …`
    pub(super) fn performs(&mut self) -> Read<Vec<CapabilityId>> {
        let mut performs = Vec::new();
        if self.cursor.eat_word("pure") {
            return Ok(performs);
        }
        if !self.cursor.eat_word("performs") {
            return Err(self.cursor.expected("`pure` or `performs CAPABILITY, …`"));
        }
        loop {
            performs.push(self.capability()?);
            if !self.cursor.eat(b',') {
                return Ok(performs);
            }
        }
    }

    /// The name of a capability.
    pub(super) fn capability(&mut self) -> Read<CapabilityId> {
        let name = self.cursor.expect_name("a capability's name")?;
        let index = match self.module.capabilities.get_index_of(name) {
            Some(index) => index,
            None => self.module.capabilities.insert_full(name.into()).0,
        };
        Ok(CapabilityId::new(index))
    }

    /// `[!FILE:LINE:COLUMN]`, and the end of the line.
    pub(super) fn location_and_end(&mut self) -> Read<Location> {
        let mut location = Location::default();
        if self.cursor.eat(b'!') {
            location = self.cursor.location()?;
            if !self.module.files.contains_key(&location.file) {
                return Err(self.cursor.error(NAME, format!("there is no file {}", location.file)));
            }
        }
        self.cursor.end_of_line()?;
        Ok(location)
    }
}
