using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SmartCity.Faces;

/// <summary>
/// A face's template: the descriptor's numbers, in memory that is never moved, so that no copy stays behind, and that is overwritten by zeros when it
/// is disposed. It says nothing of itself in logs, messages or a debugger.
/// </summary>
[DebuggerDisplay("a template")]
public sealed class FaceVector : IDisposable
{
    private readonly float[] _values;

    public FaceVector(int length) => _values = GC.AllocateArray<float>(length, pinned: true);

    /// <param name="bytes">Little-endian float32.</param>
    /// <exception cref="ArgumentException">They are no whole numbers of float32.</exception>
    public FaceVector(ReadOnlySpan<byte> bytes)
        : this(bytes.Length % sizeof(float) == 0 ? bytes.Length / sizeof(float) : throw new ArgumentException("A template has four bytes for each number.", nameof(bytes))) =>
        bytes.CopyTo(Bytes);

    public Span<float> Values => _values;

    /// <summary>The same as little-endian bytes, as they are sent and kept.</summary>
    public Span<byte> Bytes => MemoryMarshal.AsBytes(_values.AsSpan());

    internal Memory<float> Memory => _values;

    public override string ToString() => "a template";

    public void Dispose() => CryptographicOperations.ZeroMemory(Bytes);

    internal static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b, DescriptorDistance measure) =>
        measure == DescriptorDistance.Cosine ? 1 - TensorPrimitives.CosineSimilarity(a, b) : TensorPrimitives.Distance(a, b);
}
