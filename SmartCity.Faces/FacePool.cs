using System.Numerics.Tensors;

namespace SmartCity.Faces;

/// <summary>The mean of several looks at one face. What went into it and what it holds is overwritten by zeros when it is disposed.</summary>
public sealed class FacePool(DescriptorCard card) : IDisposable
{
    private readonly FaceVector _sum = new(card.Length);

    /// <summary>Looks that it holds.</summary>
    public int Looks { get; private set; }

    /// <summary>Takes a look in; the caller still disposes it.</summary>
    public void Add(FaceVector look)
    {
        // Directions are averaged where only directions count.
        var weight = card.Distance == DescriptorDistance.Cosine && TensorPrimitives.Norm<float>(look.Values) is > 0 and var norm ? 1 / norm : 1f;
        TensorPrimitives.MultiplyAdd(look.Values, weight, _sum.Values, _sum.Values);
        Looks++;
    }

    /// <summary>The mean; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">It holds no look.</exception>
    public FaceVector Mean()
    {
        if (Looks == 0)
        {
            throw new InvalidOperationException("There is no look to take the mean of.");
        }

        var mean = new FaceVector(card.Length);
        TensorPrimitives.Divide(_sum.Values, Looks, mean.Values);
        return mean;
    }

    public void Dispose() => _sum.Dispose();
}
