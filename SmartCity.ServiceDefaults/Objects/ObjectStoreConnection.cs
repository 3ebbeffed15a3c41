using System.Data.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SmartCity.ServiceDefaults.Objects;

/// <summary>
/// <c>ConnectionStrings:objects</c>: a folder (<c>/var/lib/objects</c>, <c>folder=/var/lib/objects</c> or <c>file:///var/lib/objects</c>) or an S3
/// (<c>Endpoint=http://host:9000;AccessKey=…;SecretKey=…;Bucket=smartcity;Region=us-east-1</c>).
/// </summary>
public sealed record ObjectStoreConnection
{
    /// <summary>Path of the folder; null for an S3. The other properties are for an S3.</summary>
    public string? Folder { get; private init; }

    public Uri? Endpoint { get; private init; }

    /// <summary>Address of the same store for edges, whose way to it may be another; null if it is <see cref="Endpoint"/>.</summary>
    public Uri? PublicEndpoint { get; private init; }

    public string AccessKey { get; private init; } = "";

    public string SecretKey { get; private init; } = "";

    public string Bucket { get; private init; } = "smartcity";

    public string Region { get; private init; } = "us-east-1";

    /// <exception cref="InvalidOperationException">The text is neither a folder nor an S3; the message says what is missing.</exception>
    public static ObjectStoreConnection Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidOperationException("ConnectionStrings:objects is empty. Set it to a folder, or to Endpoint=…;AccessKey=…;SecretKey=…;Bucket=… for an S3.");
        }

        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return new ObjectStoreConnection { Folder = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.IsFile ? uri.LocalPath : text };
        }

        var parts = new DbConnectionStringBuilder { ConnectionString = text };
        if (text.TrimStart().StartsWith("folder", StringComparison.OrdinalIgnoreCase))
        {
            return parts.TryGetValue("folder", out var folder) && folder is string { Length: > 0 } path
                ? new ObjectStoreConnection { Folder = path }
                : throw new InvalidOperationException("ConnectionStrings:objects: folder= has no path.");
        }

        string? Value(string key) => parts.TryGetValue(key, out var value) ? value as string : null;
        if (!Uri.TryCreate(Value("Endpoint"), UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException("ConnectionStrings:objects: Endpoint must be an http or https address, such as http://localhost:9000.");
        }

        if (Value("PublicEndpoint") is { } outside && !(Uri.TryCreate(outside, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            throw new InvalidOperationException("ConnectionStrings:objects: PublicEndpoint must be an http or https address, such as https://s3.example.org.");
        }

        return new ObjectStoreConnection
        {
            Endpoint = endpoint,
            PublicEndpoint = Value("PublicEndpoint") is { } given ? new Uri(given) : null,
            AccessKey = Value("AccessKey") ?? throw new InvalidOperationException("ConnectionStrings:objects has no AccessKey."),
            SecretKey = Value("SecretKey") ?? throw new InvalidOperationException("ConnectionStrings:objects has no SecretKey."),
            Bucket = Value("Bucket") ?? "smartcity",
            Region = Value("Region") ?? "us-east-1",
        };
    }

    /// <summary>The store at this place.</summary>
    public IObjectStore Open() => Folder is { } folder ? new FolderObjectStore(folder) : new S3ObjectStore(this);

    /// <summary>Where the objects are, without the keys.</summary>
    public override string ToString() => Folder ?? $"{Endpoint}{Bucket}";
}

public static class ObjectStoreRegistration
{
    /// <summary>The process' one object store, from <c>ConnectionStrings:objects</c>.</summary>
    public static IServiceCollection AddObjectStore(this IServiceCollection services)
    {
        services.TryAddSingleton<IObjectStore>(provider =>
        {
            var text = provider.GetRequiredService<IConfiguration>().GetConnectionString("objects")
                ?? throw new InvalidOperationException("ConnectionStrings:objects is not set. Set it to a folder, or to Endpoint=…;AccessKey=…;SecretKey=…;Bucket=… for an S3.");
            return ObjectStoreConnection.Parse(text).Open();
        });
        return services;
    }
}
