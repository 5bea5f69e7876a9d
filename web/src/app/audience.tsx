import { AGES, choose } from "@/lib/choices";
import { countryName, REGIONS } from "@/lib/regions";
import { useChoices } from "@/lib/use-choices";

/** For whom to recommend and to search. Both are kept in this browser alone, for visitors too. */
export function AudienceChoices() {
  const { region, age } = useChoices();
  return (
    <div className="audience" role="group" aria-label="What may be shown to you">
      <label className="audience-choice">
        <span>Show what is sold in</span>
        <select value={region} onChange={(event) => choose({ region: event.target.value })}>
          <option value="">any country</option>
          {REGIONS.map((one) => (
            <option key={one} value={one}>
              {countryName(one)}
            </option>
          ))}
        </select>
      </label>
      <label className="audience-choice">
        <span>Show what has an age limit</span>
        <select value={age} onChange={(event) => choose({ age: Number(event.target.value) })}>
          <option value={0}>no</option>
          {AGES.map((one) => (
            <option key={one} value={one}>
              up to {one}: I am {one} or older
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
