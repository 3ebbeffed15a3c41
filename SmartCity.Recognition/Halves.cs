using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// A picture, its half, the half of that and so on, each made when it is first needed: halving is several times quicker than scaling in one step, and
/// all looks at a picture share what was made. Keeps its memory for the next picture; not thread-safe.
/// </summary>
internal sealed class Halves : IDisposable
{
    // Interpolation takes the mean of two pixels across and down: up to so many times it leaves out hardly any.
    private const double MostAtOnce = 2.2;

    private readonly List<Half> _halves = [];
    private Source _image;
    private int _made;

    /// <summary>Starts with a picture, which must live as long as it is looked at.</summary>
    public void Begin(in Source image) => (_image, _made) = (image, 0);

    /// <summary>Scales a region of the picture into a smaller picture.</summary>
    /// <returns>The region that is shown: without what halving leaves over at its edges.</returns>
    public Rect Fill(Rect region, Mat into)
    {
        var (times, least) = (0, into.Size());
        while (region.Width >> times > least.Width * MostAtOnce && region.Height >> times > least.Height * MostAtOnce)
        {
            times++;
        }

        var (picture, array) = Halved(times);
        var part = new Rect(region.X >> times, region.Y >> times, region.Width >> times, region.Height >> times);
        if (part.Size == picture.Size())
        {
            Cv2.Resize(array, into, least, 0, 0, InterpolationFlags.Linear);
        }
        else
        {
            using var cut = new Mat(picture, part);
            using var source = InputArray.Create(cut);
            Cv2.Resize(source, into, least, 0, 0, InterpolationFlags.Linear);
        }

        return new Rect(part.X << times, part.Y << times, part.Width << times, part.Height << times);
    }

    public void Dispose() => _halves.ForEach(h => h.Dispose());

    private Source Halved(int times)
    {
        while (_made < times)
        {
            var (picture, array) = _made == 0 ? _image : _halves[_made - 1].Source;
            if (_made == _halves.Count)
            {
                _halves.Add(new Half());
            }

            _halves[_made++].Make(picture, array);
        }

        return times == 0 ? _image : _halves[times - 1].Source;
    }

    /// <summary>Half of a picture, in memory that is made anew only for another size.</summary>
    private sealed class Half : IDisposable
    {
        private Mat _picture = new();
        private InputArray? _array;

        public Source Source => new(_picture, _array!);

        public void Make(Mat from, InputArray array)
        {
            var size = new Size(from.Width / 2, from.Height / 2);
            if (_array is null || _picture.Size() != size || _picture.Type() != from.Type())
            {
                Dispose();
                _picture = new Mat(size, from.Type());
                _array = InputArray.Create(_picture);
            }

            if (from.Width % 2 == 0 && from.Height % 2 == 0)
            {
                Cv2.Resize(array, _picture, size, 0, 0, InterpolationFlags.Area);
                return;
            }

            using var even = new Mat(from, new Rect(0, 0, size.Width * 2, size.Height * 2));
            Cv2.Resize(even, _picture, size, 0, 0, InterpolationFlags.Area);
        }

        public void Dispose()
        {
            _array?.Dispose();
            _picture.Dispose();
        }
    }
}
