using System.Numerics;

namespace SmartCity.Faces;

/// <summary>The turn, size and shift that bring five points nearest to where they ought to be (least squares): z ↦ a·z + b, with points as complex numbers.</summary>
internal readonly record struct Alignment(Complex A, Complex B)
{
    public static Alignment Of(in FacePoints from, IReadOnlyList<IReadOnlyList<float>> to)
    {
        Complex meanFrom = 0, meanTo = 0;
        for (var i = 0; i < to.Count; i++)
        {
            meanFrom += At(from[i]) / to.Count;
            meanTo += At(to[i]) / to.Count;
        }

        Complex product = 0;
        double spread = 0;
        for (var i = 0; i < to.Count; i++)
        {
            var difference = At(from[i]) - meanFrom;
            product += Complex.Conjugate(difference) * (At(to[i]) - meanTo);
            spread += difference.Real * difference.Real + difference.Imaginary * difference.Imaginary;
        }

        // Points that lie on one another are no face; any alignment is as wrong as another.
        var a = spread > 0 && product != Complex.Zero ? product / spread : Complex.One;
        return new Alignment(a, meanTo - a * meanFrom);
    }

    public Alignment Inverse => new(1 / A, -B / A);

    private static Complex At(Vector2 point) => new(point.X, point.Y);

    private static Complex At(IReadOnlyList<float> point) => new(point[0], point[1]);
}
