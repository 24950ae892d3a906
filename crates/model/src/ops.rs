//! Fused operations with a backward pass, for training on the processor.
//!
//! Each is a candle custom operation over contiguous f32 tensors. They run on the calling thread: training is parallel
//! over parts of a step, not inside an operation.

mod adamw;
mod attention;
mod cross_entropy;
mod linear;
mod rms_norm;
mod swiglu;

pub use adamw::{AdamW, Moments};
pub use attention::{Attention, Heads, Rotary};
pub use cross_entropy::CrossEntropy;
pub use linear::Linear;
pub use rms_norm::RmsNorm;
pub(crate) use rms_norm::normalise;
pub use swiglu::SwiGlu;
pub(crate) use swiglu::gate;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// The elements of a contiguous f32 storage.
pub(crate) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => candle_core::bail!("a fused operation needs contiguous tensors"),
    }
}

/// Calls `f` with the elements of a tensor, copying only when it is not contiguous.
pub(crate) fn with<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(f(slice(storage, layout)?)),
        _ => candle_core::bail!(
            "fused operations run on the processor; use the composed path on other devices"
        ),
    }
}

/// What an operation's forward pass keeps for its backward pass.
pub(crate) fn take<T: Default>(saved: &std::sync::Mutex<T>) -> T {
    std::mem::take(
        &mut *saved
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner),
    )
}

#[cfg(test)]
mod tests;
