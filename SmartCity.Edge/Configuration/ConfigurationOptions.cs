using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;

namespace SmartCity.Edge.Configuration;

/// <summary>Section <c>Edge:Configuration</c>: the core that says which cameras to run.</summary>
public sealed class ConfigurationOptions
{
    public const string Section = "Edge:Configuration";

    /// <summary>Address of the core's API. Without it, the edge runs the cameras of the city file.</summary>
    public Uri? Address { get; set; }

    /// <summary>Key with the scope <c>edge:config</c>.</summary>
    public string? Key { get; set; }

    /// <summary>Whether the edge runs the city file's cameras until the core has answered for the first time; if not, it runs none until then.</summary>
    public bool CityFileFirst { get; set; }

    /// <summary>How often the core is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Shows the core this edge's key.</summary>
    internal void Authorise(HttpRequestMessage request) => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
}
