using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace SmartCity.Faces;

/// <summary>Finds the models' files, holds them against their checksums, and opens them.</summary>
public static class FaceFiles
{
    /// <summary>Where the files are that were built with the program.</summary>
    public static string Shipped { get; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The full path of a file.</summary>
    /// <param name="folder">Where it is; null for <see cref="Shipped"/>.</param>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="InvalidDataException">It is not the file of this checksum.</exception>
    internal static string Find(string? folder, string name, string sha256, string whenMissing)
    {
        var path = Path.Combine(folder ?? Shipped, name);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The model file {path} is not there. {whenMissing}", path);
        }

        using var file = File.OpenRead(path);
        var actual = Convert.ToHexStringLower(SHA256.HashData(file));
        return actual == sha256
            ? path
            : throw new InvalidDataException($"The model file {path} has SHA-256 {actual}, but {sha256} is expected. The file is damaged or of another version; install it again.");
    }

    /// <summary>A session on the CPU with one thread.</summary>
    public static InferenceSession OnCpu(string path)
    {
        using var settings = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        settings.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return new InferenceSession(path, settings);
    }
}
