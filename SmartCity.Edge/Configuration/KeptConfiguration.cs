using System.Text.Json;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.ServiceDefaults;

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
            throw new InvalidDataException($"{file} is damaged ({e.Message}); delete it. The core sends its content again.", e);
        }
    }

    public static void Write(string file, EdgeConfiguration configuration) =>
        PrivateFile.Write(file, stream => JsonSerializer.Serialize(stream, configuration, ContractsJson.Default.EdgeConfiguration));
}
