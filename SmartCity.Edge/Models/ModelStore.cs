using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;
using SmartCity.Recognition;

namespace SmartCity.Edge.Models;

/// <summary>
/// The versions on this edge's disk, a folder for each, and what is remembered of them. Whatever is loaded from here was signed and has the digest that was
/// signed, each time anew. What reads now and what read before it stay; the rest goes.
/// </summary>
internal sealed class ModelStore : IDisposable
{
    /// <summary>A version may take the process with it so often before it is not loaded any more.</summary>
    private const int MostDeaths = 2;

    private const int DigestLength = 2 * SHA256.HashSizeInBytes;

    private readonly string _folder;
    private readonly string _file;
    private readonly ILogger<ModelStore> _logger;

    public ModelStore(IOptions<EdgeModelOptions> options, IOptions<EdgeOptions> edge, ILogger<ModelStore> logger)
    {
        // No station has a dot in its id.
        _folder = options.Value.Path ?? Path.Combine(Path.GetFullPath(edge.Value.SpoolPath), ".models");
        _file = Path.Combine(_folder, ModelKind.Reader + ".json");
        _logger = logger;
        Verifier = ModelSlice.Verifier(options.Value);
        Kept = KeptModels.Read(_file);
    }

    /// <summary>Null where no key is set: then nothing is taken.</summary>
    public ModelVerifier? Verifier { get; }

    public KeptModels Kept { get; private set; }

    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Keep(KeptModels kept)
    {
        kept.Write(_file);
        Kept = kept;
    }

    /// <summary>As <see cref="Keep"/>, but an edge whose disk is full reads all the same.</summary>
    public void Remember(KeptModels kept)
    {
        if (kept == Kept)
        {
            return;
        }

        try
        {
            Keep(kept);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogError("The edge cannot write down which models it runs ({Error}); after a restart it may try a version again.", e.Message);
            Kept = kept;
        }
    }

    /// <summary>
    /// Makes the recogniser with the version that this edge ran last. One of which the process died twice, or that ONNX Runtime cannot load, is not loaded any more.
    /// Any other fault, such as another key or a disk that fails, may pass: the core's order brings the version back. Meanwhile the one before it reads, and where that
    /// cannot either, the one that came with the program.
    /// </summary>
    public PlateRecogniser Open(Func<FetchedModel?, PlateRecogniser> open)
    {
        var kept = Kept;
        if (kept.Trying is { } dead && kept.Tries >= MostDeaths)
        {
            kept = kept.Refuse(dead, "The edge's process died twice while this version was loaded or shadowed.");
        }

        if (kept is { Watched: true, Current: { } watched } && kept.Begun >= MostDeaths)
        {
            kept = kept.Refuse(watched, "The edge's process died twice while this version read.") with { Current = kept.Previous, Previous = null, Watched = false, Begun = 0 };
            _logger.LogError("The edge went back to the previous version: its process died twice while {Version} read.", watched);
        }

        kept = kept.Watched ? kept with { Begun = kept.Begun + 1 } : kept;
        if (kept.Current is null)
        {
            // What it was sent back from is not what it reads with.
            Remember(kept);
            return open(null);
        }

        foreach (var version in new[] { kept.Current, kept.Previous }.OfType<string>().Distinct())
        {
            try
            {
                var recogniser = open(Load(version));
                Remember(kept with { Current = version, Previous = version == kept.Current ? kept.Previous : null });
                return recogniser;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
            {
                _logger.LogError("The edge does not read with the version {Version}: {Reason}", version, e.Message);
                kept = (e is Microsoft.ML.OnnxRuntime.OnnxRuntimeException ? kept.Refuse(version, e.Message) : kept) with { Watched = false, Begun = 0 };
            }
        }

        Remember(kept with { Current = null, Previous = null, Watched = false, Begun = 0 });
        return open(null);
    }

    /// <summary>A version on the disk.</summary>
    /// <exception cref="InvalidDataException">It is not what was signed; the message says what is wrong.</exception>
    public FetchedModel Load(string sha256)
    {
        var folder = Path.Combine(_folder, sha256);
        var (text, signature) = (File.ReadAllText(Path.Combine(folder, ModelManifest.FileName)), File.ReadAllText(Path.Combine(folder, ModelManifest.SignatureName)));
        var manifest = Check(new SignedText(text, signature), sha256);
        var file = Path.Combine(folder, manifest.File.Name);
        CheckFile(manifest, file);
        return new FetchedModel(manifest, sha256, folder);
    }

    /// <summary>The manifest, if it was signed.</summary>
    /// <param name="sha256">What it must be.</param>
    /// <exception cref="InvalidDataException">It was not, or is another.</exception>
    public ModelManifest Check(SignedText manifest, string sha256)
    {
        if (Verifier?.Holds(manifest) != true)
        {
            throw new InvalidDataException("Its manifest is not signed with the key that this edge trusts.");
        }

        var actual = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest.Text)));
        return actual == sha256 ? ModelManifest.Parse(Encoding.UTF8.GetBytes(manifest.Text)) : throw new InvalidDataException($"The order names the manifest {sha256}, and this one is {actual}.");
    }

    /// <summary>Whether all of a version is here.</summary>
    public bool Has(string sha256) => File.Exists(Path.Combine(_folder, sha256, ModelManifest.SignatureName));

    /// <summary>Takes a version onto the disk: the signature comes last, so what has one is whole.</summary>
    /// <param name="file">The fetched file, which is moved.</param>
    /// <exception cref="InvalidDataException">The file is not the one that the manifest names; it is deleted.</exception>
    public void Add(SignedText signed, ModelManifest manifest, string sha256, string file)
    {
        try
        {
            CheckFile(manifest, file);
        }
        catch (InvalidDataException)
        {
            File.Delete(file);
            throw;
        }

        var folder = Directory.CreateDirectory(Path.Combine(_folder, sha256)).FullName;
        File.Move(file, Path.Combine(folder, manifest.File.Name), overwrite: true);
        File.WriteAllText(Path.Combine(folder, ModelManifest.FileName), signed.Text);
        File.WriteAllText(Path.Combine(folder, ModelManifest.SignatureName), signed.Signature);
    }

    /// <summary>Where a file is fetched to.</summary>
    public string Beside(string sha256) => Path.Combine(Directory.CreateDirectory(_folder).FullName, sha256 + ".part");

    /// <summary>Deletes the versions that are neither current nor previous nor tried; what else is in the folder stays.</summary>
    public void Sweep()
    {
        foreach (var folder in Directory.Exists(_folder) ? Directory.GetDirectories(_folder) : [])
        {
            var name = Path.GetFileName(folder);
            if (name.Length == DigestLength && name.All(char.IsAsciiHexDigitLower) && name != Kept.Current && name != Kept.Previous && name != Kept.Trying)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public void Dispose() => Verifier?.Dispose();

    private static void CheckFile(ModelManifest manifest, string file)
    {
        using var stream = File.OpenRead(file);
        var actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (actual != manifest.File.Sha256)
        {
            throw new InvalidDataException($"The file {manifest.File.Name} of {manifest.Id} has SHA-256 {actual}, but its manifest says {manifest.File.Sha256}.");
        }
    }
}
