namespace SmartCity.Contracts.Api;

/// <summary>A function of the city file.</summary>
/// <param name="On">Events that it is called for; none if the city file no longer names it.</param>
/// <param name="Waiting">Events that it is still to be told.</param>
/// <param name="OldestAt">When the oldest of them happened; null if there are none.</param>
/// <param name="DeadLetters">Events that it never took.</param>
public sealed record FunctionView(string Name, IReadOnlyList<string> On, long Waiting, DateTimeOffset? OldestAt, long DeadLetters);

/// <summary>An event that a function never took.</summary>
/// <param name="Subject">Id of the alert, charge or sighting, or version of the model.</param>
/// <param name="Reason">Why, in the function's own words or those of whoever called it.</param>
public sealed record FunctionDeadLetter(long Id, string Function, string Event, string Subject, DateTimeOffset At, int Attempts, string Reason, DateTimeOffset GivenUpAt);
