//! Arrow rows as JSON objects.

use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrowPrimitiveType, BooleanArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
    StructArray,
};
use arrow_schema::DataType;
use serde_json::{Map, Value};

/// One row with its columns in order.
pub fn row(batch: &RecordBatch, index: usize) -> Result<Map<String, Value>, String> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    columns
        .map(|(field, column)| Ok((field.name().clone(), value(column.as_ref(), index)?)))
        .collect()
}

/// One value of a column.
fn value(array: &dyn Array, index: usize) -> Result<Value, String> {
    if array.is_null(index) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Utf8 => cast::<StringArray>(array)?.value(index).into(),
        DataType::Boolean => cast::<BooleanArray>(array)?.value(index).into(),
        DataType::Int32 => number::<Int32Type>(array, index)?,
        DataType::Int64 => number::<Int64Type>(array, index)?,
        DataType::UInt32 => number::<UInt32Type>(array, index)?,
        DataType::UInt64 => number::<UInt64Type>(array, index)?,
        DataType::Float32 => number::<Float32Type>(array, index)?,
        DataType::Float64 => number::<Float64Type>(array, index)?,
        DataType::List(_) => {
            let items = cast::<ListArray>(array)?.value(index);
            (0..items.len())
                .map(|item| value(items.as_ref(), item))
                .collect::<Result<_, _>>()?
        }
        DataType::Struct(fields) => {
            let parts = cast::<StructArray>(array)?;
            let named = fields.iter().zip(parts.columns());
            let object: Result<Map<_, _>, String> = named
                .map(|(field, part)| Ok((field.name().clone(), value(part.as_ref(), index)?)))
                .collect();
            Value::Object(object?)
        }
        other => return Err(format!("a column of type {other} is not known")),
    })
}

fn cast<T: 'static>(array: &dyn Array) -> Result<&T, String> {
    array
        .as_any()
        .downcast_ref()
        .ok_or_else(|| format!("a column is not {}", array.data_type()))
}

fn number<T: ArrowPrimitiveType>(array: &dyn Array, index: usize) -> Result<Value, String>
where
    T::Native: Into<Value>,
{
    Ok(cast::<PrimitiveArray<T>>(array)?.value(index).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::UInt32Array;
    use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
    use arrow_schema::{Field, Fields, Schema};

    use super::*;

    #[test]
    fn texts_numbers_nothings_and_messages() {
        let fields: Fields = vec![Field::new("role", DataType::Utf8, false)].into();
        let mut messages = ListBuilder::new(StructBuilder::from_fields(fields, 2));
        for role in ["user", "assistant"] {
            messages
                .values()
                .field_builder::<StringBuilder>(0)
                .unwrap()
                .append_value(role);
            messages.values().append(true);
        }
        messages.append(true);
        let messages = messages.finish();
        let schema = Schema::new(vec![
            Field::new("text", DataType::Utf8, true),
            Field::new("none", DataType::Utf8, true),
            Field::new("round", DataType::UInt32, false),
            Field::new("messages", messages.data_type().clone(), true),
        ]);
        let columns: Vec<Arc<dyn Array>> = vec![
            Arc::new(StringArray::from(vec![Some("a \"b\"")])),
            Arc::new(StringArray::from(vec![None::<&str>])),
            Arc::new(UInt32Array::from(vec![2])),
            Arc::new(messages),
        ];
        let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        assert_eq!(
            serde_json::to_string(&row(&batch, 0).unwrap()).unwrap(),
            r#"{"text":"a \"b\"","none":null,"round":2,"messages":[{"role":"user"},{"role":"assistant"}]}"#
        );
    }
}
