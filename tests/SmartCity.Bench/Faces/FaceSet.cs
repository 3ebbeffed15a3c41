using OpenCvSharp;
using SmartCity.Edge.Faces;
using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary>Faces of a folder with their templates, and the distances between them.</summary>
internal sealed class FaceSet : IDisposable
{
    // What is shown is of one person: the largest face is that person's.
    private FaceSet(FaceTruth truth, FaceDescriber describer) => (Truth, Describer) = (truth, describer);

    public FaceTruth Truth { get; }

    public FaceDescriber Describer { get; }

    public int Faces { get; private set; }

    public int Missed { get; private set; }

    public int False { get; private set; }

    public int Unlabelled { get; private set; }

    public Dictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    public List<PersonLook> Looks { get; } = [];

    public static FaceSet Of(FaceTruth truth, FaceDetector detector, FaceDescriber describer)
    {
        var set = new FaceSet(truth, describer);
        foreach (var known in truth.Pictures)
        {
            using var picture = Cv2.ImRead(known.File);
            if (picture.Empty())
            {
                throw new InvalidDataException($"{known.File} is no picture that can be decoded.");
            }

            var faces = describer.Describe(picture.Pixels(), detector, FaceSearch.Usual, FaceGates.None);
            set.Faces += faces.Count;
            set.Missed += Math.Max(0, known.AtLeast - faces.Count);
            set.False += known.Faces is { } all ? Math.Max(0, faces.Count - all) : 0;
            set.Unlabelled += known.Faces is null ? Math.Max(0, faces.Count - known.AtLeast) : 0;
            foreach (var refusal in faces.Select(f => FaceGates.Passing.Refusal(f.Look)).OfType<string>())
            {
                set.Refused[refusal] = set.Refused.GetValueOrDefault(refusal) + 1;
            }

            var largest = faces.MaxBy(f => f.Face.Box.Width * f.Face.Box.Height);
            if (known.Person is { } person && largest is not null)
            {
                set.Looks.Add(new PersonLook(known, person, largest));
            }

            faces.Where(f => known.Person is null || f != largest).ToList().ForEach(f => f.Dispose());
        }

        return set;
    }

    /// <summary>Every pair that is compared.</summary>
    public IEnumerable<FacePair> Pairs()
    {
        if (Truth.Pairs is { } given)
        {
            var byFile = Looks.ToDictionary(l => l.Known.File, StringComparer.Ordinal);
            foreach (var (a, b) in given)
            {
                if (byFile.TryGetValue(a, out var one) && byFile.TryGetValue(b, out var other))
                {
                    yield return Pair(one, other);
                }
            }

            yield break;
        }

        foreach (var (i, one) in Looks.Index())
        {
            foreach (var other in Looks.Skip(i + 1))
            {
                yield return Pair(one, other);
            }
        }
    }

    public void Dispose() => Looks.ForEach(l => l.Face.Dispose());

    private FacePair Pair(PersonLook one, PersonLook other) => new(one, other, one.Person == other.Person, Describer.Distance(one.Face.Template!, other.Face.Template!));
}

internal sealed record PersonLook(KnownFace Known, string Person, DescribedFace Face);

internal readonly record struct FacePair(PersonLook A, PersonLook B, bool Same, double Distance);
