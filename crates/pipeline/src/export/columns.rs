//! JSON objects as Arrow columns.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::builder::{
    ArrayBuilder, Int64Builder, ListBuilder, StringBuilder, StructBuilder, UInt32Builder,
    make_builder,
};
use arrow_schema::{DataType, Fields, Schema};
use serde_json::Value;

use crate::Error;

/// One batch of objects that have these columns.
///
/// # Errors
/// An internal error where a value is not of its column's type.
pub(crate) fn batch(fields: &Fields, rows: &[Value]) -> Result<RecordBatch, Error> {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let mut builder = make_builder(field.data_type(), rows.len());
        for row in rows {
            let value = &row[field.name().as_str()];
            append(&mut *builder, field.data_type(), value).ok_or_else(|| {
                Error::Internal(format!("column `{}` cannot hold {value}", field.name()))
            })?;
        }
        columns.push(builder.finish());
    }
    let schema = Arc::new(Schema::new(fields.clone()));
    RecordBatch::try_new(schema, columns).map_err(|error| Error::Internal(error.to_string()))
}

/// Appends one value; none where it is not of the type.
fn append(builder: &mut dyn ArrayBuilder, kind: &DataType, value: &Value) -> Option<()> {
    let any = builder.as_any_mut();
    match kind {
        DataType::Utf8 => {
            let text = value.as_str();
            (text.is_some() || value.is_null()).then_some(())?;
            any.downcast_mut::<StringBuilder>()?.append_option(text);
        }
        DataType::Int64 => {
            let number = value.as_i64();
            (number.is_some() || value.is_null()).then_some(())?;
            any.downcast_mut::<Int64Builder>()?.append_option(number);
        }
        DataType::UInt32 => {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
            (number.is_some() || value.is_null()).then_some(())?;
            any.downcast_mut::<UInt32Builder>()?.append_option(number);
        }
        DataType::Struct(fields) => {
            let object = any.downcast_mut::<StructBuilder>()?;
            for (part, field) in object.field_builders_mut().iter_mut().zip(fields) {
                append(
                    &mut **part,
                    field.data_type(),
                    &value[field.name().as_str()],
                )?;
            }
            object.append(value.is_object());
        }
        DataType::List(field) => {
            let list = any.downcast_mut::<ListBuilder<Box<dyn ArrayBuilder>>>()?;
            let items = value.as_array();
            (items.is_some() || value.is_null()).then_some(())?;
            for item in items.into_iter().flatten() {
                append(&mut **list.values(), field.data_type(), item)?;
            }
            list.append(items.is_some());
        }
        _ => return None,
    }
    Some(())
}
