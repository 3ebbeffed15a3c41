using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace SmartCity.Faces;

/// <summary>What was made of one face.</summary>
/// <param name="Refusal">Why it has no template, one of <see cref="Contracts.Faces.FaceRefusal"/>; null for a good look.</param>
/// <param name="Template">Null for a refused look. Whoever has it disposes it.</param>
public sealed record DescribedFace(FoundFace Face, FaceLook Look, string? Refusal, FaceVector? Template) : IDisposable
{
    public void Dispose() => Template?.Dispose();
}

/// <summary>
/// Turns faces into templates that can be compared. The model's runtime keeps the memory that it computes in, on the CPU as on a GPU, so what was made on the
/// way to a template would stay there: after the faces of one call, an empty picture goes through the same memory. Thread-safe; one call computes at a time.
/// </summary>
public sealed class FaceDescriber : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly Lock _gate = new();
    private readonly Place _place;
    private readonly ConcurrentBag<FaceChip> _chips = [];

    private FaceDescriber(DescriptorCard card, InferenceSession session)
    {
        (Card, _session) = (card, session);
        var (takes, gives) = (session.InputMetadata, session.OutputMetadata);
        if (!takes.TryGetValue(card.Input, out var input) || !gives.TryGetValue(card.Output, out var output) || output.Dimensions[^1] != card.Length || input.Dimensions[^1] != card.Side)
        {
            session.Dispose();
            throw new InvalidDataException($"{card.File.Name} does not take and give what the card of {card.Name} says: {card.Input} of {card.Side} × {card.Side} pixels and {card.Output} of {card.Length} numbers.");
        }

        // The runtime takes all the memory that it needs before a face is in any of it: afterwards each run lies where the one before it lay.
        _place = new Place(session, card);
        _place.Overwrite(session, _run);
        _place.Overwrite(session, _run);
    }

    public DescriptorCard Card { get; }

    /// <summary>Why this program cannot describe faces: it was built without the model. Null when it can.</summary>
    /// <inheritdoc cref="Open"/>
    public static string? Missing(string? folder = null, string name = DescriptorCard.Usual)
    {
        var file = Path.Combine(folder ?? FaceFiles.Shipped, DescriptorCard.Of(name).File.Name);
        return File.Exists(file) ? null : $"{file} is not there. {HowToGet}";
    }

    /// <param name="folder">Where its file is; null for the folder that was built with the program.</param>
    /// <param name="name">A row of the catalogue.</param>
    /// <param name="open">Opens a model's file; null for the CPU with one thread.</param>
    /// <exception cref="ArgumentException">There is no descriptor of this name.</exception>
    /// <exception cref="FileNotFoundException">Its file is not there: the program was built without <c>-p:Faces=true</c>.</exception>
    /// <exception cref="InvalidDataException">Its file is another.</exception>
    public static FaceDescriber Open(string? folder = null, string name = DescriptorCard.Usual, Func<string, InferenceSession>? open = null)
    {
        var card = DescriptorCard.Of(name);
        return Of(card, (open ?? FaceFiles.OnCpu)(FaceFiles.Find(folder, card.File.Name, card.File.Sha256, HowToGet)));
    }

    /// <summary>One whose model is open already; it disposes it.</summary>
    /// <exception cref="InvalidDataException">The model is not what the card says.</exception>
    internal static FaceDescriber Of(DescriptorCard card, InferenceSession session) => new(card, session);

    private const string HowToGet = "It is in the program only if that was built with -p:Faces=true.";

    /// <summary>Cuts a face out of its picture, to look at how well it is seen and perhaps to describe it. The caller disposes it.</summary>
    public FaceCut Cut(in Pixels picture, FoundFace face)
    {
        if (!_chips.TryTake(out var chip))
        {
            chip = new FaceChip(Card.Side);
        }

        chip.Cut(picture, face.Points, Card.Points);
        return new FaceCut(face, chip, _chips.Add);
    }

    /// <summary>The templates of faces, in their order and however well they are seen. The caller disposes each.</summary>
    public List<FaceVector> Describe(IEnumerable<FaceCut> cuts)
    {
        var templates = new List<FaceVector>();
        lock (_gate)
        {
            try
            {
                foreach (var cut in cuts)
                {
                    templates.Add(_place.Describe(cut.Chip, _session, _run, Card));
                }

                return templates;
            }
            catch
            {
                templates.ForEach(t => t.Dispose());
                throw;
            }
            finally
            {
                _place.Overwrite(_session, _run);
            }
        }
    }

    /// <summary>One face: how well it is seen and, if that is well enough, its template.</summary>
    public DescribedFace Describe(in Pixels picture, FoundFace face, FaceGates gates) => Describe(picture, [face], gates)[0];

    /// <summary>All faces of a picture, the surest first. Whoever has them disposes each.</summary>
    public List<DescribedFace> Describe(in Pixels picture, FaceDetector detector, FaceSearch search, FaceGates gates) => Describe(picture, detector.Find(picture, search), gates);

    /// <summary>How far two templates are from each other, in the descriptor's measure: <see cref="DescriptorCard.Distance"/>.</summary>
    /// <exception cref="ArgumentException">They are not of one length.</exception>
    public double Distance(FaceVector a, FaceVector b) => FaceVector.Distance(a.Values, b.Values, Card.Distance);

    public void Dispose()
    {
        _place.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    private List<DescribedFace> Describe(in Pixels picture, List<FoundFace> faces, FaceGates gates)
    {
        var cuts = new List<FaceCut>(faces.Count);
        try
        {
            foreach (var face in faces)
            {
                cuts.Add(Cut(picture, face));
            }

            var good = cuts.FindAll(c => gates.Refusal(c.Look) is null);
            var templates = new Queue<FaceVector>(good.Count == 0 ? [] : Describe(good));
            return cuts.ConvertAll(c => gates.Refusal(c.Look) is { } refusal ? new DescribedFace(c.Face, c.Look, refusal, null) : new DescribedFace(c.Face, c.Look, null, templates.Dequeue()));
        }
        finally
        {
            cuts.ForEach(c => c.Dispose());
        }
    }

    /// <summary>The memory of one inference, bound once: what the model takes and gives lies in one place.</summary>
    private sealed class Place : IDisposable
    {
        private readonly float[] _input;
        private readonly FaceVector _output;
        private readonly OrtValue _inputValue;
        private readonly OrtValue _outputValue;
        private readonly OrtIoBinding _binding;

        public Place(InferenceSession session, DescriptorCard card)
        {
            _input = GC.AllocateUninitializedArray<float>(3 * card.Side * card.Side, pinned: true);
            _output = new FaceVector(card.Length);
            _inputValue = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _input.AsMemory(), [1, 3, card.Side, card.Side]);
            _outputValue = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _output.Memory, [1, card.Length]);
            _binding = session.CreateIoBinding();
            _binding.BindInput(card.Input, _inputValue);
            _binding.BindOutput(card.Output, _outputValue);
        }

        public FaceVector Describe(FaceChip chip, InferenceSession session, RunOptions run, DescriptorCard card)
        {
            var plane = card.Side * card.Side;
            for (var c = 0; c < 3; c++)
            {
                var (from, mean) = (card.Channels == "RGB" ? 2 - c : c, card.Mean[c]);
                for (var i = 0; i < plane; i++)
                {
                    _input[c * plane + i] = (chip.Values[3 * i + from] - mean) / card.Divisor;
                }
            }

            session.RunWithBinding(run, _binding);
            var template = new FaceVector(card.Length);
            _output.Values.CopyTo(template.Values);
            return template;
        }

        /// <summary>Computes an empty picture where a face was.</summary>
        public void Overwrite(InferenceSession session, RunOptions run)
        {
            Array.Clear(_input);
            _output.Dispose();
            session.RunWithBinding(run, _binding);
        }

        public void Dispose()
        {
            Array.Clear(_input);
            _output.Dispose();
            _binding.Dispose();
            _inputValue.Dispose();
            _outputValue.Dispose();
        }
    }
}
