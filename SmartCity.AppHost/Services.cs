using System.Globalization;
using SmartCity.Contracts.Cities;

namespace SmartCity.AppHost;

/// <summary>A project that was built together with the AppHost.</summary>
internal sealed class Built<T> : IProjectMetadata
    where T : IProjectMetadata, new()
{
    public string ProjectPath { get; } = new T().ProjectPath;

    public bool SuppressBuild => true;
}

/// <summary>A toll station, under which the dashboard shows its Kafka and its edge.</summary>
internal sealed class StationResource(string name) : Resource(name);

/// <summary>What our services have in common.</summary>
internal static class Services
{
    /// <summary>
    /// A service of this solution. Its program is started as it was built together with the AppHost: <c>dotnet run</c>, with which Aspire starts a project,
    /// asks MSBuild first and takes some seconds of processor time for each. A debugger and <c>dotnet watch</c> start it their own way.
    /// </summary>
    public static IResourceBuilder<ProjectResource> AddService<T>(this IDistributedApplicationBuilder builder, string name)
        where T : IProjectMetadata, new()
    {
        // Whom a service believes about a caller's address, Proxies:Networks says; without them nobody.
        var project = builder.AddProject<Built<T>>(name).DisableForwardedHeaders();
        if (builder.Configuration["DEBUG_SESSION_PORT"] is not null || builder.Configuration["DOTNET_WATCH"] is not null)
        {
            return project;
        }

        var program = Path.GetFileNameWithoutExtension(new T().ProjectPath);
#pragma warning disable ASPIREPROJECTS001 // may still change
        return project.WithAnnotation(new ProjectLaunchArgsOverrideAnnotation([builder.Program(program, program)]));
#pragma warning restore ASPIREPROJECTS001
    }

    public static IResourceBuilder<StationResource> AddStation(this IDistributedApplicationBuilder builder, Station station) => builder
        .AddResource(new StationResource(station.Id))
        .WithInitialState(new CustomResourceSnapshot
        {
            ResourceType = "Station",
            State = KnownResourceStates.Running,
            Properties = [new("Name", station.Name), new("Zones", string.Join(", ", station.Zones)), new("Cameras", station.Cameras.Count.ToString(CultureInfo.InvariantCulture))],
        })
        .WithIconName("Location")
        .ExcludeFromManifest();

    /// <summary>The service's HTTP endpoint with its health, named on the dashboard.</summary>
#pragma warning disable ASPIRECERTIFICATES001 // may still change; without it Aspire warns of a certificate that nothing here uses
    public static IResourceBuilder<ProjectResource> WithHttp(this IResourceBuilder<ProjectResource> project, string name) => project
        .WithoutHttpsCertificate()
#pragma warning restore ASPIRECERTIFICATES001
        .WithHttpEndpoint(targetPort: project.ApplicationBuilder.ExecutionContext.IsPublishMode ? Publishing.Port : null)
        .WithHttpHealthCheck("/health/ready")
        .WithUrlForEndpoint("http", url => url.DisplayText = name);

    /// <summary>Where analysts connect, and where Postgres reaches the archive for a statement that joins it with live tables.</summary>
    public static IResourceBuilder<ProjectResource> WithSql(this IResourceBuilder<ProjectResource> project, IResourceBuilder<IResourceWithConnectionString> postgres)
    {
        const string Name = "sql";
        var publishes = project.ApplicationBuilder.ExecutionContext.IsPublishMode;
        // Postgres is in a container, in a network with this service, or on this machine.
        var isContained = publishes || postgres.Resource is IResourceWithParent { Parent: ContainerResource };
        var seen = new EndpointReference(project.Resource, Name, isContained ? KnownNetworkIdentifiers.DefaultAspireContainerNetwork : KnownNetworkIdentifiers.LocalhostNetwork);
        return project.WithEndpoint(name: Name, scheme: "tcp", port: publishes ? Publishing.SqlPort : null, targetPort: publishes ? Publishing.SqlPort : null, env: "Lake__Port", isExternal: true)
            .WithEnvironment("Lake__Address", isContained ? "0.0.0.0" : "127.0.0.1")
            .WithEnvironment("Lake__ForeignAddress", ReferenceExpression.Create($"{seen.Property(EndpointProperty.HostAndPort)}"))
            .WithUrlForEndpoint(Name, url => url.DisplayText = "SQL");
    }

    /// <summary>The core asks the lake for people at the console, as one of its two readers.</summary>
    public static IResourceBuilder<ProjectResource> WithSqlOf(this IResourceBuilder<ProjectResource> core, IResourceBuilder<ProjectResource> lake, IResourceBuilder<ParameterResource> analyst, IResourceBuilder<ParameterResource> withoutPlates) => core
        .WithEnvironment("Core__Sql__Address", ReferenceExpression.Create($"{lake.GetEndpoint("sql").Property(EndpointProperty.HostAndPort)}"))
        .WithEnvironment("Core__Sql__Role", "analyst_without_plates")
        .WithEnvironment("Core__Sql__Password", withoutPlates)
        .WithEnvironment("Core__Sql__PlatesRole", "analyst")
        .WithEnvironment("Core__Sql__PlatesPassword", analyst);

    /// <summary>A key of one of the product's own services, and what it may do with it at the core.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceKey(this IResourceBuilder<ProjectResource> core, int index, string name, IResourceBuilder<ParameterResource> key, params ReadOnlySpan<string> scopes)
    {
        var section = string.Create(CultureInfo.InvariantCulture, $"Core__Access__ServiceKeys__{index}");
        core.WithEnvironment($"{section}__Name", name).WithEnvironment($"{section}__Key", key);
        for (var i = 0; i < scopes.Length; i++)
        {
            core.WithEnvironment(string.Create(CultureInfo.InvariantCulture, $"{section}__Scopes__{i}"), scopes[i]);
        }

        return core;
    }

    public static IResourceBuilder<ProjectResource> WithOptionalEnvironment(this IResourceBuilder<ProjectResource> project, string name, long? value) =>
        value is { } given ? project.WithEnvironment(name, given.ToString(CultureInfo.InvariantCulture)) : project;

    /// <summary>The city file, where one was given.</summary>
    public static IResourceBuilder<ProjectResource> WithCity(this IResourceBuilder<ProjectResource> project, string section, string? file)
    {
        const string Published = "/etc/smartcity/city.json";
        if (file is null)
        {
            return project;
        }

        var path = Path.GetFullPath(file);
        return project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project.WithEnvironment($"{section}__CityFile", path)
            : project.WithEnvironment($"{section}__CityFile", Published).WithAnnotation(new ContainerMountAnnotation(path, Published, ContainerMountType.BindMount, isReadOnly: true));
    }

    /// <summary>A folder whose path a setting takes: below the data folder here, a volume of its own where it is published.</summary>
    public static IResourceBuilder<ProjectResource> WithFolder(this IResourceBuilder<ProjectResource> project, string setting, string name)
    {
        // The home of the images' user: Docker gives a new volume the owner of the folder that it covers.
        const string Published = "/home/app";
        var builder = project.ApplicationBuilder;
        return builder.ExecutionContext.IsRunMode
            ? project.WithEnvironment(setting, builder.DataFolder(name))
            : project.WithEnvironment(setting, Published).WithAnnotation(new ContainerMountAnnotation($"smartcity-{name}", Published, ContainerMountType.Volume, isReadOnly: false));
    }
}
