using Microsoft.Extensions.Configuration;
using SmartCity.Contracts.Cities;

namespace SmartCity.AppHost;

/// <summary>What the command line says of the city and of this machine.</summary>
internal static class Topology
{
    private const int EdgesWhereNotSaid = 3;

    /// <summary>The stations that run: the first <c>--Edges</c> of the city, three where it is not said.</summary>
    public static IReadOnlyList<Station> Stations(this IDistributedApplicationBuilder builder)
    {
        var city = City.Load(builder.Configuration["City"]);
        var count = builder.Configuration.GetValue("Edges", EdgesWhereNotSaid);
        return count >= 1 && count <= city.Stations.Count
            ? [.. city.Stations.Take(count)]
            : throw new InvalidOperationException($"--Edges is {count}; {city.Name} has {city.Stations.Count} stations, so it must be from 1 to {city.Stations.Count}.");
    }

    /// <summary>A folder for what a resource keeps: below <c>--Data</c>, or <c>.smartcity/aspire</c> where it is not said.</summary>
    public static string DataFolder(this IDistributedApplicationBuilder builder, string name)
    {
        var root = builder.Configuration["Data"] is { Length: > 0 } data ? data : Path.Combine(builder.AppHostDirectory, "..", ".smartcity", "aspire");
        return Directory.CreateDirectory(Path.GetFullPath(Path.Combine(root, name))).FullName;
    }

    /// <summary>Name of the folder of a station's spool.</summary>
    public static string Spool(string station) => $"spool-{station}";

    /// <summary>The program <c>smartcity.dll</c>.</summary>
    public static string SmartCity(this IDistributedApplicationBuilder builder) => builder.Program("SmartCity.AllInOne", "smartcity");

    /// <summary>A project's program, built beside the AppHost in the same configuration.</summary>
    public static string Program(this IDistributedApplicationBuilder builder, string project, string name)
    {
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)); // bin/Release/net10.0, the AppHost's own or that of its tests
        return Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", project, "bin", framework.Parent!.Name, framework.Name, $"{name}.dll"));
    }

    /// <summary>A secret that is made up once and kept in the user's secrets; the dashboard's parameters show it.</summary>
    public static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name, int length, string description) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = length, Special = false }, secret: true, persist: true).WithDescription(description);
}
