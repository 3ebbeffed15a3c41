using System.Text.Json;

namespace SmartCity.Core.Api;

/// <summary>What is wrong with a member of a body, in words for whoever sent it, such as <c>holds the character U+0000</c>.</summary>
internal sealed class BodyFaultException(string why) : JsonException(why)
{
    public string Why { get; } = why;
}
