//! Patterns of scripts: what a destructuring binds, what an assignment changes.

use super::Walk;
use crate::facts::{Expression as Fact, ExpressionId, Name, What};
use oxc_ast::ast::{
    AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BindingPattern,
    Expression, MemberExpression, PropertyKey,
};
use oxc_span::GetSpan;

impl<'t> Walk<'t> {
    /// Binds the names of a pattern to parts of a value.
    pub(super) fn pattern(
        &mut self,
        pattern: &BindingPattern<'t>,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        self.deeper(|this| this.pattern_of(pattern, declared, value));
    }

    fn pattern_of(
        &mut self,
        pattern: &BindingPattern<'t>,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                let name = self.b.name(id.name.as_str());
                let value = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
                self.b.variable(name, id.span.start as usize, declared, value);
            }
            BindingPattern::AssignmentPattern(one) => {
                let default = self.value(&one.right);
                let value = if value == ExpressionId::UNKNOWN { default } else { value };
                self.pattern(&one.left, declared, value);
            }
            BindingPattern::ObjectPattern(one) => {
                let whole = self.whole(declared, value);
                for property in &one.properties {
                    let part = match self.key(&property.key) {
                        Some(name) if whole != ExpressionId::UNKNOWN => self.b.member(whole, name),
                        _ => ExpressionId::UNKNOWN,
                    };
                    self.pattern(&property.value, None, part);
                }
                if let Some(rest) = &one.rest {
                    self.pattern(&rest.argument, None, whole);
                }
            }
            BindingPattern::ArrayPattern(one) => {
                let whole = self.whole(declared, value);
                for (index, element) in one.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.nth(whole, index);
                        self.pattern(element, None, part);
                    }
                }
                if let Some(rest) = &one.rest {
                    self.pattern(&rest.argument, None, whole);
                }
            }
        }
    }

    fn whole(&mut self, declared: Option<ExpressionId>, value: ExpressionId) -> ExpressionId {
        match declared {
            Some(declared) => self.b.expression(Fact::Instance(declared)),
            None => value,
        }
    }

    fn nth(&mut self, of: ExpressionId, index: usize) -> ExpressionId {
        if of == ExpressionId::UNKNOWN {
            return of;
        }
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        self.b.expression(Fact::Nth { of, index })
    }

    /// The name of a property, where it has one. A computed key is a value, which is read.
    pub(super) fn key(&mut self, key: &PropertyKey<'t>) -> Option<Name> {
        match key {
            PropertyKey::StaticIdentifier(id) => Some(self.b.name(id.name.as_str())),
            PropertyKey::PrivateIdentifier(id) => Some(self.private(id.name.as_str())),
            PropertyKey::StringLiteral(text) => Some(self.b.name(text.value.as_str())),
            other => {
                if let Some(value) = other.as_expression() {
                    self.value(value);
                }
                None
            }
        }
    }

    /// `#name`: apart from `name`.
    pub(super) fn private(&mut self, name: &str) -> Name {
        self.b.made_name(&format!("#{name}"))
    }

    /// Gives what an assignment names a value.
    pub(super) fn assign(&mut self, target: &AssignmentTarget<'t>, value: ExpressionId) {
        self.deeper(|this| this.assign_of(target, value));
    }

    fn assign_of(&mut self, target: &AssignmentTarget<'t>, value: ExpressionId) {
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(id) => {
                let name = self.b.name(id.name.as_str());
                if value != ExpressionId::UNKNOWN {
                    self.b.assign(name, id.span.start as usize, value);
                }
            }
            AssignmentTarget::ArrayAssignmentTarget(one) => {
                for (index, element) in one.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.nth(value, index);
                        self.assign_default(element, part);
                    }
                }
            }
            AssignmentTarget::ObjectAssignmentTarget(one) => {
                for property in &one.properties {
                    match property {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(one) => {
                            let name = self.b.name(one.binding.name.as_str());
                            if value != ExpressionId::UNKNOWN {
                                let part = self.b.member(value, name);
                                self.b.assign(name, one.span.start as usize, part);
                            }
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(one) => {
                            let part = match self.key(&one.name) {
                                Some(name) if value != ExpressionId::UNKNOWN => {
                                    self.b.member(value, name)
                                }
                                _ => ExpressionId::UNKNOWN,
                            };
                            self.assign_default(&one.binding, part);
                        }
                    }
                }
            }
            other => {
                if let Some(member) = other.as_member_expression() {
                    self.assign_member(member, value);
                }
            }
        }
    }

    fn assign_default(&mut self, target: &AssignmentTargetMaybeDefault<'t>, value: ExpressionId) {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(one) => {
                self.value(&one.init);
                self.assign(&one.binding, value);
            }
            other => {
                if let Some(target) = other.as_assignment_target() {
                    self.assign(target, value);
                }
            }
        }
    }

    /// `this.x = …` makes a field, `exports.x = …` an export; other receivers are only read.
    fn assign_member(&mut self, member: &MemberExpression<'t>, value: ExpressionId) {
        let name = member.static_property_name();
        let object = member.object();
        let at = member.span().start as usize;
        let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
        match (object, name) {
            (Expression::ThisExpression(_), _) => {
                let name = match member {
                    MemberExpression::PrivateFieldExpression(one) => {
                        Some(self.private(one.field.name.as_str()))
                    }
                    _ => name.map(|name| self.b.made_name(name)),
                };
                let (Some(name), Some(class)) = (name, self.b.class_scope()) else { return };
                let what = What::Value {
                    declared: None,
                    value: known,
                    is_field: true,
                    is_narrowed: false,
                };
                self.b.bind_in(class, name, at, what);
            }
            (Expression::Identifier(id), Some(name)) if id.name == "exports" => {
                let name = self.b.made_name(name);
                self.export(name, at, value);
            }
            (Expression::Identifier(id), Some("exports")) if id.name == "module" => {
                let name = self.b.made_name("export=");
                self.export(name, at, value);
            }
            (Expression::StaticMemberExpression(inner), Some(name))
                if inner.property.name == "exports" =>
            {
                let name = self.b.made_name(name);
                self.export(name, at, value);
            }
            _ => {
                self.value(object);
            }
        }
    }

    pub(super) fn export(&mut self, name: Name, at: usize, value: ExpressionId) {
        self.b.bind_in(crate::facts::ScopeId::FILE, name, at, What::Export(value));
    }
}
