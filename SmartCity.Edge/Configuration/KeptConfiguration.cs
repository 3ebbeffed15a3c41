using System.Text.Json;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Configuration;

/// <summary>The last configuration of the core on the edge's own disk. Sources may hold passwords: nobody else may read the file.</summary>
internal static class KeptConfiguration
{
    /// <summary>Null when none was kept.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static EdgeConfiguration? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ContractsJson.Default.EdgeConfiguration);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged ({e.Message}); delete it: the core says again what it held.", e);
        }
    }

    /// <summary>Written beside and renamed: a reader finds the old one or the new one.</summary>
    public static void Write(string file, EdgeConfiguration configuration)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var beside = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(beside, options))
        {
            JsonSerializer.Serialize(stream, configuration, ContractsJson.Default.EdgeConfiguration);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, file, overwrite: true);
    }
}
